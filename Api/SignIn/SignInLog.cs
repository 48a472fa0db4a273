namespace Wyckoff.Api.SignIn;

/// <summary>Log messages about signing in: event ids from 5520. They have no codes, tokens or addresses.</summary>
internal static partial class SignInLog
{
    [LoggerMessage(5520, LogLevel.Information, "Account {AccountId} signed in with {Provider}")]
    public static partial void SignedIn(this ILogger logger, long accountId, string provider);

    [LoggerMessage(5521, LogLevel.Information, "A sign-in with {Provider} was refused: {Problem}")]
    public static partial void SignInRefused(this ILogger logger, string provider, string problem);

    [LoggerMessage(5522, LogLevel.Warning, "A sign-in with {Provider} failed: {Problem} ({Reason})")]
    public static partial void SignInFailed(this ILogger logger, string provider, string problem, string reason);
}
