using System.Diagnostics;
using System.Net;
using Wyckoff.Accounts;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Web.Access;

/// <summary>Which requests the web page takes: from which sites, hosts and proxies, with which cookies.</summary>
public sealed class OriginTests(KeysWeb web) : IClassFixture<KeysWeb>, IAsyncDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        BaseAddress = web.Address,
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("https://evil.example/", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("chart", "/")]
    [InlineData("", "/")]
    [InlineData("/market?sort=name", "/market?sort=name")]
    public async Task A_sign_in_leads_to_a_path_of_this_origin(string returnUrl, string expected)
    {
        var (_, key) = await web.AddAsync("returns-" + Guid.NewGuid().ToString("N"), AccessScope.Read);
        var (cookie, token) = await FormAsync("/sign-in?returnUrl=" + Uri.EscapeDataString(returnUrl));
        using var entered = await PostAsync("/sign-in/key", cookie, ("key", key), ("returnUrl", returnUrl), (Name, token));
        Assert.Equal((HttpStatusCode.Redirect, expected), (entered.StatusCode, entered.Headers.Location?.ToString()));
        Assert.Contains(entered.Headers.GetValues("Set-Cookie"), set => set.StartsWith("wyckoff-key=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_form_needs_its_token_and_a_key_that_can_be_sent()
    {
        var (_, key) = await web.AddAsync("formless", AccessScope.Read);
        using var without = await PostAsync("/sign-in/key", null, ("key", key));
        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
        Assert.False(without.Headers.Contains("Set-Cookie"));
        var (cookie, token) = await FormAsync("/sign-in");
        foreach (var wrong in new[] { "", " ", "wk_ü", "wk_a\r\nX-Admin: 1", key + " x", key[..^1] })
        {
            using var refused = await PostAsync("/sign-in/key", cookie, ("key", wrong), (Name, token));
            Assert.Equal("/sign-in?returnUrl=%2F&error=key", refused.Headers.Location?.ToString());
        }
    }

    [Fact]
    public async Task A_cookie_that_was_changed_is_no_key()
    {
        var (_, key) = await web.AddAsync("tampered", AccessScope.Read);
        var (cookie, token) = await FormAsync("/sign-in");
        using var entered = await PostAsync("/sign-in/key", cookie, ("key", key), (Name, token));
        var own = entered
            .Headers.GetValues("Set-Cookie")
            .Single(set => set.StartsWith("wyckoff-key=", StringComparison.Ordinal))
            .Split(';')[0];
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/account", own));
        var middle = own.Length / 2;
        var changed = own[..middle] + (own[middle] == 'A' ? 'B' : 'A') + own[(middle + 1)..];
        foreach (var wrong in new[] { changed, own[..^8], "wyckoff-key=" + key, "wyckoff-key=", "wyckoff-session=" + own[12..] })
        {
            Assert.Equal(HttpStatusCode.Redirect, await StatusAsync("/account", wrong));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/v1/account", wrong));
        }
    }

    [Fact]
    public async Task Requests_of_other_sites_change_nothing_and_open_no_circuit()
    {
        var (cookie, token) = await FormAsync("/sign-in");
        foreach (
            var (header, value) in new[]
            {
                ("Origin", "https://evil.example"),
                ("Origin", "null"),
                ("Origin", "http://localhost:1"),
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Site", "same-site"),
            }
        )
        {
            using var form = NewPost("/sign-out", cookie, (Name, token));
            form.Headers.Add(header, value);
            using var refused = await _client.SendAsync(form, Token);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

            using var socket = new HttpRequestMessage(HttpMethod.Get, "/_blazor?id=x");
            socket.Headers.Add(header, value);
            socket.Headers.Add("Connection", "Upgrade");
            socket.Headers.Add("Upgrade", "websocket");
            socket.Headers.Add("Sec-WebSocket-Version", "13");
            socket.Headers.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
            using var closed = await _client.SendAsync(socket, Token);
            Assert.Equal(HttpStatusCode.Forbidden, closed.StatusCode);

            // The forwarded paths have the API's own rule.
            using var api = NewPost("/v1/waitlist", null, ("name", "x"));
            api.Headers.Add(header, value);
            using var forwarded = await _client.SendAsync(api, Token);
            Assert.Equal(HttpStatusCode.Forbidden, forwarded.StatusCode);
        }

        using var own = NewPost("/sign-out", cookie, (Name, token));
        own.Headers.Add("Origin", web.Address.GetLeftPart(UriPartial.Authority));
        using var taken = await _client.SendAsync(own, Token);
        Assert.Equal("/sign-in", taken.Headers.Location?.ToString());

        using var foreign = new HttpRequestMessage(HttpMethod.Get, "/sign-in") { Headers = { Host = "evil.example" } };
        using var misdirected = await _client.SendAsync(foreign, Token);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, misdirected.StatusCode);
    }

    [Fact]
    public async Task In_local_mode_the_page_is_for_this_machine_only()
    {
        await using var local = await WebServer.StartAsync(web.Api.Address);
        foreach (var header in new[] { "X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "CF-Connecting-IP" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(local.Address, "/sign-in"));
            request.Headers.TryAddWithoutValidation(header, header == "Via" ? "1.1 proxy" : "for=203.0.113.1");
            using var refused = await _client.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains(header, await refused.Content.ReadAsStringAsync(Token), StringComparison.OrdinalIgnoreCase);
        }

        foreach (
            var (settings, said) in new (string[], string)[]
            {
                ([$"--urls=http://0.0.0.0:{PortOwner.PickFree()}"], "0.0.0.0"),
                ([$"--urls=http://*:{PortOwner.PickFree()}"], "loopback"),
                (["--urls=http://127.0.0.1:0", "--Wyckoff:Web:Hosts:0=wyckoff.example.com"], "Wyckoff:Access=keys"),
            }
        )
        {
            var (code, output) = await RunAsync(["--Wyckoff:Access=local", .. settings]);
            Assert.NotEqual(0, code);
            Assert.Contains(said, output, StringComparison.Ordinal);
        }
    }

    private const string Name = "__RequestVerificationToken";

    private static async Task<(int Code, string Output)> RunAsync(IEnumerable<string> arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [Run.Dll("Web"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output + await error);
    }

    private static HttpRequestMessage NewPost(string path, string? cookie, params (string, string)[] fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Item1, field.Item2))),
        };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return request;
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string? cookie, params (string, string)[] fields)
    {
        using var request = NewPost(path, cookie, fields);
        return await _client.SendAsync(request, Token);
    }

    private async Task<HttpStatusCode> StatusAsync(string path, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", cookie } } };
        using var response = await _client.SendAsync(request, Token);
        return response.StatusCode;
    }

    /// <summary>Opens a page with a form, and returns its antiforgery cookie and token.</summary>
    private async Task<(string Cookie, string Token)> FormAsync(string path)
    {
        using var response = await _client.GetAsync(path, Token);
        var html = await response.Content.ReadAsStringAsync(Token);
        var start = html.IndexOf("value=\"", html.IndexOf(Name, StringComparison.Ordinal), StringComparison.Ordinal) + 7;
        return (response.Headers.GetValues("Set-Cookie").First().Split(';')[0], html[start..html.IndexOf('"', start)]);
    }
}
