using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Wyckoff.Api.Access;

namespace Wyckoff.Api.SignIn;

/// <summary>
/// The cookie of a session. It has only the token, protected with the key ring that all replicas share. Who calls, and whether the session
/// still holds, is asked of the database as with keys.
/// </summary>
internal static class SessionCookie
{
    public const string SchemeName = "session";
    public const string Name = "wyckoff-session";

    private const string TokenClaim = "token";

    public static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie = new ServiceCookie(Name, "/");
        options.SlidingExpiration = false; // the session ends when its row says so
        options.Events.OnValidatePrincipal = ValidateAsync;
    }

    /// <summary>Chooses the cookie for requests without a key. A request with Authorization never uses its cookie.</summary>
    public static string? Select(HttpContext context) =>
        !KeyHandler.IsGiven(context.Request) && context.Request.Headers.Cookie.Count > 0 ? SchemeName : null;

    public static ClaimsPrincipal Hold(string token) => new(new ClaimsIdentity([new(TokenClaim, token)], SchemeName));

    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var http = context.HttpContext;
        if (context.Principal?.FindFirst(TokenClaim)?.Value is { } token)
        {
            var credentials = http.RequestServices.GetRequiredService<Credentials>();
            var result = (await credentials.FindAsync(Digest.Of(token), SchemeName, http.RequestAborted)).Result;
            if (result.Succeeded)
            {
                context.ReplacePrincipal(result.Principal);
                return;
            }
        }

        // The cookie stays: another tab may have signed in meanwhile, and this answer would delete the new one.
        context.RejectPrincipal();
    }
}
