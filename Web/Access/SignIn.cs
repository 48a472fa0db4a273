using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Wyckoff.Web.Access;

/// <summary>Signs people in with a key, and out. Signing in with a provider is the API's, under <c>/v1/auth</c>.</summary>
internal static class SignIn
{
    public const string Path = "/sign-in";

    private const string SignOutPath = "/v1/auth/sign-out";

    public static void MapSignIn(this WebApplication app)
    {
        app.MapPost(Path + "/key", WithKeyAsync).AllowAnonymous();
        app.MapPost("/sign-out", OutAsync).AllowAnonymous();
    }

    /// <summary>The path to go to after the sign-in, if it is one of this origin.</summary>
    public static string ReturnUrl(string? text) =>
        text is ['/', ..] && RedirectHttpResult.IsLocalUrl(text) && text.All(c => c is > ' ' and <= '~' and not '\\') ? text : "/";

    /// <summary>The sign-in page that leads back to a path.</summary>
    public static string Link(string returnUrl) => $"{Path}?returnUrl={Uri.EscapeDataString(returnUrl)}";

    private static async Task<IResult> WithKeyAsync(
        HttpContext context,
        [FromForm] string? key,
        [FromForm] string? returnUrl,
        KeyCookie keys,
        IHttpMessageHandlerFactory handlers,
        IHttpClientFactory clients,
        CancellationToken cancellationToken
    )
    {
        var back = ReturnUrl(returnUrl);
        var given = key?.Trim() ?? "";
        // Characters that no header may have are no key.
        var isText = given.Length > 0 && given.All(c => c is > ' ' and <= '~');
        if (!isText || await CallerHandler.AskAsync(clients.CreateClient(ApiClients.Name), new(null, given), cancellationToken) is null)
        {
            return TypedResults.LocalRedirect(Link(back) + "&error=" + SignInErrors.Key);
        }

        await EndSessionAsync(context, handlers, clients, cancellationToken);
        keys.Write(context, given);
        return TypedResults.LocalRedirect(back);
    }

    private static async Task<IResult> OutAsync(
        HttpContext context,
        IHttpMessageHandlerFactory handlers,
        IHttpClientFactory clients,
        CancellationToken cancellationToken
    )
    {
        KeyCookie.Delete(context);
        await EndSessionAsync(context, handlers, clients, cancellationToken);
        return TypedResults.LocalRedirect(Path);
    }

    /// <summary>Ends the session of the browser, if it has one, whoever made the request.</summary>
    private static async Task EndSessionAsync(
        HttpContext context,
        IHttpMessageHandlerFactory handlers,
        IHttpClientFactory clients,
        CancellationToken cancellationToken
    )
    {
        if (CallerHandler.SessionCookie(context.Request) is not { } cookie)
        {
            return;
        }

        context.Response.Cookies.Delete(CallerHandler.SessionCookieName);

        var credentials = new CallerCredentials(cookie, null);
        try
        {
            if (await CallerHandler.AskAsync(clients.CreateClient(ApiClients.Name), credentials, cancellationToken) is { } session)
            {
                var caller = new Caller(credentials, session);
                var api = ApiClients.Create(handlers, () => Task.FromResult<Caller?>(caller));
                using var response = await api.PostAsync(SignOutPath, null, cancellationToken);
            }
        }
        catch (HttpRequestException)
        {
            // Without the API the session ends by itself, later. This browser has forgotten it already.
        }
    }
}
