namespace Wyckoff.Api.Access;

/// <summary>Log messages about access: event ids from 5500.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(5500, LogLevel.Debug, "Cannot ask whether keys and sessions are still valid ({Reason})")]
    public static partial void CredentialsNotAsked(this ILogger logger, string reason);
}
