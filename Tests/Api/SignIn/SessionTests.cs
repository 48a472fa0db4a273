using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.SignIn;

/// <summary>Session cookies: their flags, what they hold, and how they end.</summary>
public sealed class SessionTests(TestDatabase database) : SignInTestBase(database)
{
    [Fact]
    public async Task On_a_loopback_host_the_cookies_are_for_plain_http_too()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "flags");
        var cookies = browser.SetCookies.Where(IsSet).ToList();
        Assert.Equal(4, cookies.Count); // correlation, nonce, session, antiforgery
        Assert.All(cookies, cookie => Assert.Contains("; httponly", cookie, StringComparison.Ordinal));
        Assert.All(cookies, cookie => Assert.DoesNotContain("; secure", cookie, StringComparison.Ordinal));
        Assert.All(cookies, cookie => Assert.DoesNotContain("; domain", cookie, StringComparison.Ordinal));
        var session = cookies.Single(IsSession);
        Assert.Contains("; path=/; samesite=lax; httponly", session, StringComparison.Ordinal);
        var until = await Database.ScalarAsync<DateTime>("SELECT max(expires_at) FROM account.sessions");
        Assert.Contains("; expires=" + until.ToString("R", CultureInfo.InvariantCulture), session, StringComparison.Ordinal);
        Assert.Contains(cookies, cookie => cookie.Contains("wyckoff-csrf", StringComparison.Ordinal) && IsStrict(cookie));
        Assert.All(
            cookies.Where(cookie => !IsStrict(cookie)),
            cookie => Assert.Contains("; samesite=lax", cookie, StringComparison.Ordinal)
        );
        Assert.Equal(2, cookies.Count(cookie => cookie.Contains("; path=/v1/auth;", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("https://wyckoff.example.com", true)]
    [InlineData("http://wyckoff.example.com", true)] // plain HTTP off loopback: a browser does not keep it
    [InlineData("https://localhost", true)]
    [InlineData("http://app.localhost", false)]
    public async Task Off_loopback_the_cookies_are_for_TLS_only(string origin, bool secure)
    {
        await using var api = await StartAsync(("Wyckoff:Api:Hosts:0", "wyckoff.example.com"), ("Wyckoff:Api:Proxies:0", "127.0.0.1"));
        Provider.Is("at-" + new Uri(origin).Authority);
        using var browser = new Browser(api.Address, origin);
        using var start = await browser.SendAsync("GET", "/v1/auth/oidc");
        Assert.Contains(
            Uri.EscapeDataString(origin + "/v1/auth/oidc/callback"),
            start.Headers.Location!.OriginalString,
            StringComparison.Ordinal
        );
        Assert.Equal(2, browser.SetCookies.Count);
        Assert.All(browser.SetCookies, cookie => Assert.Equal(secure, cookie.Contains("; secure", StringComparison.Ordinal)));
        if (origin.StartsWith("https", StringComparison.Ordinal))
        {
            await browser.EnterAsync();
            Assert.All(browser.SetCookies.Where(IsSet), cookie => Assert.Contains("; secure", cookie, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Each_sign_in_has_a_new_token_and_ends_the_session_before()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "fixed");
        using var planted = browser.Copy(); // an attacker who knows the cookie from before the sign-in
        var before = browser.Session;
        await browser.EnterAsync();
        Assert.NotEqual(before, browser.Session);
        await planted.EndsAsync();
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync());
        const string sessions =
            "SELECT count(*) FROM account.sessions s JOIN account.user_accounts a ON a.id = s.account_id WHERE a.name = 'fixed'";
        Assert.Equal(
            (2L, 1L),
            (await Database.ScalarAsync<long>(sessions), await Database.ScalarAsync<long>(sessions + " AND revoked_at IS NULL"))
        );
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_copies_of_its_cookie()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "outgoing");
        using var copy = browser.Copy();
        Assert.Equal(HttpStatusCode.OK, await copy.StatusAsync());
        using var elsewhere = await EnterAsync(api, "outgoing");
        using var response = await browser.ChangeAsync("POST", "/v1/auth/sign-out");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Null(browser.Session);
        using var refused = await copy.SendAsync("GET", "/v1/auth/session"); // at once: the same replica
        await refused.ReadProblemAsync(HttpStatusCode.Unauthorized, "/problems/key-needed");
        Assert.Equal(HttpStatusCode.OK, await elsewhere.StatusAsync());
    }

    [Fact]
    public async Task Signing_out_everywhere_ends_the_sessions_on_all_replicas()
    {
        await using var one = await StartAsync();
        using var here = await EnterAsync(one, "everywhere");
        await using var two = await StartAsync();
        using var there = await EnterAsync(two, "everywhere");
        using var hereAtTwo = here.Copy(two.Address);
        using var thereAtOne = there.Copy(one.Address);
        using var other = await EnterAsync(two, "bystander");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await hereAtTwo.StatusAsync(), await thereAtOne.StatusAsync()));

        using var response = await here.ChangeAsync("POST", "/v1/auth/sign-out-everywhere");
        var ended = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(2, ended.GetProperty("ended").GetInt32());
        Assert.Null(here.Session);
        Assert.Equal(HttpStatusCode.Unauthorized, await thereAtOne.StatusAsync());
        foreach (var browser in new[] { there, hereAtTwo })
        {
            await browser.EndsAsync();
        }

        Assert.Equal(HttpStatusCode.OK, await other.StatusAsync());
    }

    [Fact]
    public async Task A_cookie_of_another_key_ring_is_nobodys()
    {
        var keys = Directory.CreateTempSubdirectory("wyckoff-other-keys-");
        try
        {
            await using var api = await StartAsync();
            await using var foreign = await StartAsync(("Wyckoff:Secrets:KeyFolder", keys.FullName));
            using var browser = await EnterAsync(foreign, "foreign");
            using var here = browser.Copy(api.Address);
            Assert.Equal(HttpStatusCode.Unauthorized, await here.StatusAsync());
            here.Cookies.Add(new Cookie(Browser.SessionCookie, "AAAA", "/", api.Address.Host));
            Assert.Equal(HttpStatusCode.Unauthorized, await here.StatusAsync());
        }
        finally
        {
            keys.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task People_see_and_end_their_own_sessions_only()
    {
        await using var api = await StartAsync();
        using var first = await EnterAsync(api, "lists");
        using var second = await EnterAsync(api, "lists");
        using var stranger = await EnterAsync(api, "nosy");
        using var response = await first.SendAsync("GET", "/v1/auth/sessions");
        var sessions = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("sessions").EnumerateArray().ToList();
        Assert.Equal([false, true], sessions.Select(session => session.GetProperty("isCurrent").GetBoolean()));
        Assert.All(sessions, session => Assert.Equal("Mozilla/5.0 (test)", session.GetProperty("userAgent").GetString()));
        var other = $"/v1/auth/sessions/{sessions[0].GetProperty("id").GetInt64()}";

        using var foreign = await stranger.ChangeAsync("DELETE", other);
        await foreign.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-session");
        Assert.Equal(HttpStatusCode.OK, await second.StatusAsync());

        using var ended = await first.ChangeAsync("DELETE", other);
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await second.StatusAsync());
        using var again = await first.ChangeAsync("DELETE", other);
        await again.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-session");

        using var own = await first.ChangeAsync("DELETE", $"/v1/auth/sessions/{sessions[1].GetProperty("id").GetInt64()}");
        Assert.Equal(HttpStatusCode.NoContent, own.StatusCode);
        Assert.Null(first.Session);
    }

    [Fact]
    public async Task A_request_with_a_key_does_not_use_its_cookie()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "cookie");
        var account = await TestAccounts.CreateAsync(Database, "key");
        var key = await TestAccounts.AddKeyAsync(Database, account, AccessScope.Write);
        using var asKey = await browser.SendAsync("GET", "/v1/auth/session", ("Authorization", "Bearer " + key));
        var who = await asKey.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal((account, "key"), (who.GetProperty("accountId").GetInt64(), who.GetProperty("authenticatedBy").GetString()));
        foreach (var wrong in new[] { "Bearer nothing", "Bearer " + key[..^1], "", "Basic eDp5" })
        {
            using var refused = await browser.SendAsync("GET", "/v1/auth/session", ("Authorization", wrong));
            await refused.ReadProblemAsync(HttpStatusCode.Unauthorized, "/problems/key-needed");
        }

        // A key signs nobody out, but may end the sessions of its account.
        using var signOut = await browser.SendAsync("POST", "/v1/auth/sign-out", ("Authorization", "Bearer " + key));
        await signOut.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/no-session");
        var readKey = await TestAccounts.AddKeyAsync(Database, account, AccessScope.Read);
        using var readOnly = await browser.SendAsync("POST", "/v1/auth/sign-out-everywhere", ("Authorization", "Bearer " + readKey));
        await readOnly.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/scope-needed");
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync());
    }

    [Fact]
    public async Task A_session_ends_when_it_expires_and_is_deleted_long_after()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "old");
        var session = (await browser.WhoAsync()).GetProperty("sessionId").GetInt64();
        await Database.ExecuteAsync(
            "UPDATE account.sessions SET created_at = now() - interval '60 days', expires_at = now() - interval '40 days' WHERE id = $1",
            session
        );
        await browser.EndsAsync();
        using var later = await EnterAsync(api, "old");
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM account.sessions WHERE id = $1", session));
        await SetAsync("old", "is_admin = true");
        await Eventually.GetAsync(later.WhoAsync, who => who.GetProperty("scope").GetString() == "admin");
    }

    private static bool IsSet(string cookie) => !cookie.Contains("01 Jan 1970", StringComparison.Ordinal);

    private static bool IsSession(string cookie) => cookie.StartsWith(Browser.SessionCookie + "=", StringComparison.Ordinal);

    private static bool IsStrict(string cookie) => cookie.Contains("; samesite=strict", StringComparison.Ordinal);
}
