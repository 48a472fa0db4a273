using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Wyckoff.Tests.Api.SignIn;

/// <summary>
/// Keeps cookies and follows the redirects of a sign-in as a browser does. With an origin, requests reach the service as through a proxy
/// that ends TLS.
/// </summary>
internal sealed class Browser(Uri api, string? origin = null) : IDisposable
{
    public const string SessionCookie = "wyckoff-session";

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The origin that the browser shows.</summary>
    public Uri Origin { get; } = origin is null ? api : new(origin);

    public CookieContainer Cookies { get; private init; } = new();

    /// <summary>All Set-Cookie headers so far.</summary>
    public List<string> SetCookies { get; } = [];

    public string? Session => Cookies.GetCookies(Origin)[SessionCookie]?.Value;

    /// <summary>Another browser into which all cookies were copied, at this service or at another replica.</summary>
    public Browser Copy(Uri? otherApi = null)
    {
        var copy = new Browser(otherApi ?? api, origin);
        foreach (Cookie cookie in Cookies.GetAllCookies())
        {
            copy.Cookies.Add(new Cookie(cookie.Name, cookie.Value, cookie.Path, cookie.Domain) { Secure = cookie.Secure });
        }

        return copy;
    }

    /// <summary>Navigates to the provider and back, up to the answer of the callback.</summary>
    public async Task<HttpResponseMessage> SignInAsync(string provider = "oidc", string returnUrl = "/alive") =>
        await SendAsync("GET", (await BeginAsync(provider, returnUrl)).ToString());

    /// <summary>Navigates to the provider, and returns the address to which the provider redirects.</summary>
    public async Task<Uri> BeginAsync(string provider = "oidc", string returnUrl = "/alive")
    {
        using var start = await SendAsync("GET", $"/v1/auth/{provider}?returnUrl={Uri.EscapeDataString(returnUrl)}");
        Assert.Equal(HttpStatusCode.Redirect, start.StatusCode);
        using var answer = await SendAsync("GET", start.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return answer.Headers.Location!;
    }

    /// <summary>Signs in, and returns what the service says of the session.</summary>
    public async Task<JsonElement> EnterAsync(string provider = "oidc")
    {
        using var response = await SignInAsync(provider);
        Assert.Equal((HttpStatusCode.Redirect, "/alive"), (response.StatusCode, response.Headers.Location?.ToString()));
        return await WhoAsync();
    }

    public async Task<JsonElement> WhoAsync()
    {
        using var response = await SendAsync("GET", "/v1/auth/session");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    public async Task<HttpStatusCode> StatusAsync()
    {
        using var response = await SendAsync("GET", "/v1/auth/session");
        return response.StatusCode;
    }

    /// <summary>Waits until the session is refused. A request that runs when the service learns of the end is aborted.</summary>
    public Task EndsAsync() =>
        Eventually.HoldsAsync(async () =>
        {
            try
            {
                return await StatusAsync() == HttpStatusCode.Unauthorized;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });

    /// <summary>Sends a request that changes data, with the session's antiforgery token.</summary>
    public async Task<HttpResponseMessage> ChangeAsync(string method, string path) =>
        await SendAsync(method, path, ("X-CSRF-Token", (await WhoAsync()).GetProperty("antiforgeryToken").GetString()!));

    public async Task<HttpResponseMessage> SendAsync(string method, string url, params (string Name, string Value)[] headers)
    {
        var shown = new Uri(Origin, url);
        var isOwn = shown.Authority == Origin.Authority;
        using var request = new HttpRequestMessage(new(method), isOwn ? new Uri(api, shown.PathAndQuery) : shown);
        if (isOwn)
        {
            request.Headers.Host = Origin.Authority;
            request.Headers.UserAgent.ParseAdd("Mozilla/5.0 (test)");
            if (origin is not null)
            {
                request.Headers.Add("X-Forwarded-Proto", Origin.Scheme);
                request.Headers.Add("X-Forwarded-For", "203.0.113.7");
            }

            if (Cookies.GetCookieHeader(shown) is { Length: > 0 } cookies)
            {
                request.Headers.Add("Cookie", cookies);
            }
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await _client.SendAsync(request, Token);
        foreach (var cookie in isOwn && response.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            SetCookies.Add(cookie);
            Cookies.SetCookies(shown, cookie);
        }

        return response;
    }

    public void Dispose() => _client.Dispose();
}
