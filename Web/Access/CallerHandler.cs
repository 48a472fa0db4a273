using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.Extensions.Options;
using Wyckoff.Client;

namespace Wyckoff.Web.Access;

/// <summary>Authenticates the requests for pages by asking the API who calls.</summary>
internal sealed class CallerHandler(
    KeyCookie keys,
    IHttpClientFactory clients,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "caller";
    public const string SessionCookieName = "wyckoff-session";

    private const string SessionPath = "/v1/auth/session";

    private bool _apiIsAway;

    /// <summary>The session cookie; null if there is none, or one that another program of this host has written.</summary>
    public static string? SessionCookie(HttpRequest request) =>
        request.Cookies[SessionCookieName] is { Length: > 0 } cookie && cookie.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? cookie
            : null;

    /// <summary>Asks the API who calls; null if it does not know them.</summary>
    public static async Task<SessionResponse?> AskAsync(HttpClient api, CallerCredentials credentials, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, SessionPath);
        credentials.AddTo(request);
        using var response = await api.SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<SessionResponse>(cancellationToken);
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!NeedsCaller(Context.GetEndpoint()))
        {
            return AuthenticateResult.NoResult();
        }

        var credentials = new CallerCredentials(SessionCookie(Request), keys.Read(Context));
        try
        {
            var session = await AskAsync(clients.CreateClient(ApiClients.Name), credentials, Context.RequestAborted);
            return session is null
                ? AuthenticateResult.NoResult()
                : AuthenticateResult.Success(new(new ClaimsPrincipal(new Caller(credentials, session)), SchemeName));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !Context.RequestAborted.IsCancellationRequested)
        {
            _apiIsAway = true;
            return AuthenticateResult.Fail(e);
        }
    }

    /// <summary>
    /// Whether an endpoint asks who calls. Files and forwarded requests do not, and the framework authenticates each request: a page with
    /// 25 files would ask the API 26 times.
    /// </summary>
    private static bool NeedsCaller(Endpoint? endpoint) =>
        endpoint is null
        || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        || endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;

    /// <summary>Sends people to the sign-in page; without the API nobody can sign in, so the error page explains that instead.</summary>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_apiIsAway)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        else
        {
            var returnUrl = HttpMethods.IsGet(Request.Method) ? Request.Path + Request.QueryString : "/";
            Response.Redirect(SignIn.Link(returnUrl));
        }

        return Task.CompletedTask;
    }
}
