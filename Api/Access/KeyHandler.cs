using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;

namespace Wyckoff.Api.Access;

/// <summary>Authenticates requests with <c>Authorization: Bearer KEY</c>.</summary>
internal sealed class KeyHandler(
    Credentials credentials,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "key";

    /// <summary>Says the same of every key that is not valid, so that nobody learns which ones exist.</summary>
    public const string NotValid =
        "Authorization is not Bearer and a valid key: the key is unknown, expired or revoked, or its account is deactivated.";

    private const string Bearer = "Bearer ";

    private static readonly AuthenticateResult Malformed = AuthenticateResult.Fail(NotValid);

    public static bool IsGiven(HttpRequest request) => request.Headers.Authorization.Count > 0;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync() =>
        !IsGiven(Request) ? AuthenticateResult.NoResult()
        : FindDigest() is { } digest ? (await credentials.FindAsync(digest, SchemeName, Context.RequestAborted)).Result
        : Malformed;

    private Digest? FindDigest()
    {
        if (Request.Headers.Authorization is not [{ } only] || !only.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var key = only.AsSpan(Bearer.Length).Trim();
        return ApiKey.IsForm(key) ? Digest.Of(key) : null;
    }
}
