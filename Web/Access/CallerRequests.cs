using Microsoft.Net.Http.Headers;
using Wyckoff.Client;

namespace Wyckoff.Web.Access;

/// <summary>Sends the requests of a page with the credentials of its caller, and with the antiforgery token that a session needs.</summary>
internal sealed class CallerRequests(Func<Task<Caller?>> findCaller) : DelegatingHandler
{
    private const string TokenHeader = "X-CSRF-Token";

    private (string Token, string Cookie)? _antiforgery;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (await findCaller() is { } caller)
        {
            caller.Credentials.AddTo(request);
            if (caller.Session.AuthenticatedBy == "session" && request.Method != HttpMethod.Get)
            {
                var (token, cookie) = _antiforgery ??= await GetAntiforgeryAsync(caller, cancellationToken);
                request.Headers.Remove(HeaderNames.Cookie);
                request.Headers.Add(HeaderNames.Cookie, $"{CallerHandler.SessionCookieName}={caller.Credentials.SessionCookie}; {cookie}");
                request.Headers.Add(TokenHeader, token);
            }
        }

        return await base.SendAsync(request, cancellationToken);
    }

    /// <summary>Gets a token and the cookie that belongs to it. They are this page's own: a browser's script has others.</summary>
    private async Task<(string Token, string Cookie)> GetAntiforgeryAsync(Caller caller, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/auth/session");
        caller.Credentials.AddTo(request);
        request.RequestUri = new(new Uri(Forwarding.ApiForwarding.ApiAddress), request.RequestUri!);
        using var response = await base.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var session = await response.Content.ReadFromJsonAsync<SessionResponse>(cancellationToken);
        var cookie = response.Headers.TryGetValues(HeaderNames.SetCookie, out var set) ? set.First().Split(';')[0] : "";
        return (session!.AntiforgeryToken ?? "", cookie);
    }
}
