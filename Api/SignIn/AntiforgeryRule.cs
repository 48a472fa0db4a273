using Microsoft.AspNetCore.Antiforgery;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.Api.Errors;
using Wyckoff.Api.Pipeline;

namespace Wyckoff.Api.SignIn;

/// <summary>
/// Refuses requests that change data with a session cookie but without the session's antiforgery token. A browser sends the cookie by
/// itself; only a page of this service can read the token.
/// </summary>
internal static class AntiforgeryRule
{
    public const string Header = "X-CSRF-Token";
    public const string CookieName = "wyckoff-csrf";

    public static void Configure(AntiforgeryOptions options)
    {
        options.HeaderName = Header;
        options.Cookie = new ServiceCookie(CookieName, "/", SameSiteMode.Strict); // only scripts of this service need it
        options.SuppressReadingTokenFromFormBody = true; // a form may be an upload of gigabytes
        options.SuppressXFrameOptionsHeader = true; // all responses have a stricter one
    }

    public static bool IsNeeded(HttpContext context, Caller caller) =>
        caller.SessionId is not null && StateChanges.IsChange(context.Request);

    public static async Task CheckAsync(HttpContext context, Credential credential, RequestDelegate next)
    {
        try
        {
            // Not IsRequestValidAsync, which lets every GET pass, also one that fetches bars.
            await context.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(context);
        }
        catch (AntiforgeryValidationException)
        {
            await Problems.Of(Problems.AntiforgeryTokenNeeded, Problems.AntiforgeryTokenNeeded.Meaning).ExecuteAsync(context);
            return;
        }

        await credential.RunAsync(context, next);
    }
}
