using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.SignIn;

/// <summary>Signing in with a provider, and all ways in which it fails.</summary>
public sealed class SignInTests(TestDatabase database) : SignInTestBase(database)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sign_in_makes_an_account_and_a_session(bool emailInIdToken)
    {
        await using var api = await StartAsync();
        Provider.Is($"new-{emailInIdToken}");
        Provider.EmailInIdToken = emailInIdToken;
        using var browser = new Browser(api.Address);
        using var response = await browser.SignInAsync(returnUrl: "/docs/?a=1&b=%C3%BC#top");
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/docs/?a=1&b=%C3%BC#top", response.Headers.Location!.OriginalString);
        Assert.Contains("no-store", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);

        var who = await browser.WhoAsync();
        Assert.Equal($"new-{emailInIdToken}", who.GetProperty("name").GetString());
        Assert.Equal($"new-{emailInIdToken}@example.org".ToLowerInvariant(), who.GetProperty("email").GetString());
        Assert.Equal(("write", "session"), (who.GetProperty("scope").GetString(), who.GetProperty("authenticatedBy").GetString()));
        Assert.False(who.GetProperty("isAdmin").GetBoolean());
        Assert.Equal(JsonValueKind.Null, who.GetProperty("keyId").ValueKind);
        var account = who.GetProperty("accountId").GetInt64();
        var identity = await Database.ScalarAsync<string>("SELECT external_user_id FROM account.user_accounts WHERE id = $1", account);
        Assert.Matches("^oidc:[A-Za-z0-9_-]{43}$", identity);
        Assert.Equal(
            $"account:{account}",
            await Database.ScalarAsync<string>(
                "SELECT actor FROM audit.audit_trail WHERE entity_type = 'session' AND entity_id = $1",
                who.GetProperty("sessionId").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture)
            )
        );

        // The cookies of the sign-in itself are gone.
        Assert.Equal(
            [Browser.SessionCookie, "wyckoff-csrf"],
            browser.Cookies.GetAllCookies().Select(cookie => cookie.Name).Order(StringComparer.Ordinal).Reverse()
        );

        // The second sign-in finds the account.
        using var second = new Browser(api.Address);
        Assert.Equal(account, (await second.EnterAsync()).GetProperty("accountId").GetInt64());
    }

    [Fact]
    public async Task Google_signs_in_by_its_subject()
    {
        await using var api = await StartAsync();
        Provider.Is("grace");
        Provider.Person["sub"] = "112233445566778899000";
        using var browser = new Browser(api.Address);
        var who = await browser.EnterAsync("google");
        Assert.Equal(
            "google:112233445566778899000",
            await Database.ScalarAsync<string>(
                "SELECT external_user_id FROM account.user_accounts WHERE id = $1 AND google_id = '112233445566778899000'",
                who.GetProperty("accountId").GetInt64()
            )
        );

        Provider.Person["email_verified"] = false;
        using var unverified = new Browser(api.Address);
        using var refused = await unverified.SignInAsync("google");
        await refused.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/address-not-verified");
        Provider.Is("grace");
        foreach (
            var (fault, status, type) in new[]
            {
                (Fault.AccessDenied, HttpStatusCode.Forbidden, "sign-in-denied"),
                (Fault.OtherError, HttpStatusCode.BadRequest, "sign-in-failed"),
                (Fault.CodeRefused, HttpStatusCode.BadRequest, "sign-in-failed"),
                (Fault.NotJson, HttpStatusCode.BadRequest, "sign-in-failed"),
                (Fault.TokenEndpointFails, HttpStatusCode.BadGateway, "sign-in-provider-failed"),
                (Fault.UserInfoFails, HttpStatusCode.BadGateway, "sign-in-provider-failed"),
            }
        )
        {
            Provider.Fault = fault;
            using var response = await unverified.SignInAsync("google");
            await response.ReadProblemAsync(status, "/problems/" + type);
        }

        Assert.Null(unverified.Session);
    }

    [Fact]
    public async Task With_the_waitlist_a_stranger_gets_no_account_and_an_invited_person_gets_theirs()
    {
        await using var api = await StartAsync(("Wyckoff:SignIn:Waitlist", "true"));
        Provider.Is("stranger");
        using var browser = new Browser(api.Address);
        using var refused = await browser.SignInAsync();
        await refused.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/not-invited");
        Assert.Null(browser.Session);
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM account.user_accounts WHERE email LIKE 'stranger%'"));

        var invited = await Database.ScalarAsync<long>(
            """
            INSERT INTO account.user_accounts (external_user_id, name, email, auth_provider)
            VALUES ('invited:1', 'Ivy', 'ivy@example.org', 'local') RETURNING id
            """
        );
        Provider.Is("ivy", "Ivy@Example.ORG");
        Assert.Equal(invited, (await browser.EnterAsync()).GetProperty("accountId").GetInt64());
    }

    [Fact]
    public async Task A_deactivated_account_cannot_sign_in_and_its_sessions_stop()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "dora");
        await SetAsync("dora", "is_active = false");
        await browser.EndsAsync();

        using var refused = await browser.SignInAsync();
        await refused.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/account-deactivated");
    }

    [Fact]
    public async Task An_address_of_another_identity_in_other_case_is_refused()
    {
        var owner = await TestAccounts.CreateAsync(Database, "taken");
        await using var api = await StartAsync();
        Provider.Is("thief", "TAKEN@Example.Org");
        using var browser = new Browser(api.Address);
        using var refused = await browser.SignInAsync();
        await refused.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/address-taken");
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM account.sessions WHERE account_id = $1", owner));
    }

    [Theory]
    [InlineData("email_verified", false)]
    [InlineData("email_verified", "false")]
    [InlineData("email_verified", "TRUE or so")]
    [InlineData("email_verified", null)]
    [InlineData("email", null)]
    [InlineData("email", "")]
    [InlineData("email", "not an address")]
    [InlineData("email", "two@at@example.org")]
    [InlineData("email", "\u212aelvin@example.org")] // the Kelvin sign, which is a k in lower case
    public async Task A_sign_in_needs_an_address_that_the_provider_has_verified(string claim, object? value)
    {
        await TestAccounts.CreateAsync(Database, "kelvin");
        await using var api = await StartAsync();
        Provider.Person.Remove(claim);
        if (value is not null)
        {
            Provider.Person[claim] = value;
        }

        foreach (var inIdToken in new[] { true, false })
        {
            Provider.EmailInIdToken = inIdToken;
            using var browser = new Browser(api.Address);
            using var refused = await browser.SignInAsync();
            await refused.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/address-not-verified");
            Assert.Null(browser.Session);
        }
    }

    [Theory]
    [InlineData(Fault.WrongNonce, 400, "sign-in-failed")]
    [InlineData(Fault.NoNonce, 400, "sign-in-failed")]
    [InlineData(Fault.WrongIssuer, 400, "sign-in-failed")]
    [InlineData(Fault.WrongAudience, 400, "sign-in-failed")]
    [InlineData(Fault.Expired, 400, "sign-in-failed")]
    [InlineData(Fault.UnknownKey, 400, "sign-in-failed")]
    [InlineData(Fault.Unsigned, 400, "sign-in-failed")]
    [InlineData(Fault.OtherUser, 400, "sign-in-failed")]
    [InlineData(Fault.OtherError, 400, "sign-in-failed")]
    [InlineData(Fault.CodeRefused, 400, "sign-in-failed")]
    [InlineData(Fault.NotJson, 400, "sign-in-failed")]
    [InlineData(Fault.AccessDenied, 403, "sign-in-denied")]
    [InlineData(Fault.TokenEndpointFails, 502, "sign-in-provider-failed")]
    [InlineData(Fault.UserInfoFails, 502, "sign-in-provider-failed")]
    public async Task A_wrong_answer_of_the_provider_makes_no_session(Fault fault, int status, string type)
    {
        await using var api = await StartAsync();
        Provider.Is("faulty");
        Provider.Fault = fault;
        using var browser = new Browser(api.Address);
        using var response = await browser.SignInAsync();
        var problem = await response.ReadProblemAsync((HttpStatusCode)status, "/problems/" + type);
        Assert.Null(browser.Session);
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM account.user_accounts WHERE email LIKE 'faulty%'"));
        Assert.All(
            Provider.Secrets,
            secret =>
            {
                Assert.DoesNotContain(secret, problem.ToString(), StringComparison.Ordinal);
                Assert.All(api.Logged, line => Assert.DoesNotContain(secret, line, StringComparison.Ordinal));
            }
        );
    }

    [Fact]
    public async Task A_provider_that_is_away_is_a_problem_at_once()
    {
        await using var api = await StartAsync(("Wyckoff:SignIn:OpenIdConnect:Authority", "http://127.0.0.1:9"));
        using var browser = new Browser(api.Address);
        using var response = await browser.SendAsync("GET", "/v1/auth/oidc");
        await response.ReadProblemAsync(HttpStatusCode.BadGateway, "/problems/sign-in-provider-failed");
    }

    [Fact]
    public async Task An_answer_is_valid_once_and_in_the_browser_that_asked()
    {
        await using var api = await StartAsync();
        using var browser = new Browser(api.Address);
        var callback = await browser.BeginAsync();
        using var thief = browser.Copy();
        using var other = new Browser(api.Address);
        var others = await other.BeginAsync();

        // Another browser, another browser's state with the own code, no state, a state that nobody made.
        using var stranger = new Browser(api.Address);
        var ownState = Regex.Match(callback.Query, "state=[^&]+").Value;
        var otherState = Regex.Match(others.Query, "state=[^&]+").Value;
        foreach (
            var (sender, url) in new[]
            {
                (stranger, callback.PathAndQuery),
                (browser, callback.PathAndQuery.Replace(ownState, otherState, StringComparison.Ordinal)),
                (browser, callback.PathAndQuery.Replace(ownState, "", StringComparison.Ordinal)),
                (browser, callback.PathAndQuery.Replace(ownState, "state=made-up", StringComparison.Ordinal)),
                (browser, callback.PathAndQuery.Replace("/oidc/", "/google/", StringComparison.Ordinal)),
                (browser, "/v1/auth/oidc/callback"),
                (browser, "/v1/auth/google/callback"),
            }
        )
        {
            using var wrong = await sender.SendAsync("GET", url);
            await wrong.ReadProblemAsync(HttpStatusCode.BadRequest, "/problems/sign-in-failed");
            Assert.Null(sender.Session);
        }

        using var right = await browser.SendAsync("GET", callback.PathAndQuery);
        Assert.Equal(HttpStatusCode.Redirect, right.StatusCode);
        Assert.NotNull(browser.Session);

        // Once more from the same browser, and from one that kept a copy of the cookies from before.
        foreach (var sender in new[] { browser, thief })
        {
            using var again = await sender.SendAsync("GET", callback.PathAndQuery);
            await again.ReadProblemAsync(HttpStatusCode.BadRequest, "/problems/sign-in-failed");
        }

        Assert.Null(thief.Session);
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync());

        // A form post, as another response mode would have it.
        using var post = await browser.SendAsync("POST", callback.PathAndQuery);
        Assert.True(post.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden, post.StatusCode.ToString());
    }

    [Fact]
    public async Task A_sign_in_may_begin_on_one_replica_and_end_on_another()
    {
        await using var one = await StartAsync();
        Provider.Is("wanderer");
        using var browser = new Browser(one.Address);
        var callback = await browser.BeginAsync();
        await using var two = await StartAsync();
        using var there = browser.Copy(two.Address);
        using var response = await there.SendAsync("GET", callback.PathAndQuery);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("wanderer", (await there.WhoAsync()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_sign_in_that_began_at_a_page_fails_on_that_page()
    {
        await using var api = await StartAsync(("Wyckoff:SignIn:Waitlist", "true"));
        Provider.Is("visitor");
        using var browser = new Browser(api.Address);
        const string page = "/v1/auth/oidc?returnUrl=/chart&errorUrl=/sign-in%3FreturnUrl%3D%2Fchart";
        foreach (
            var (fault, error) in new[]
            {
                (Fault.None, "not-invited"),
                (Fault.AccessDenied, "sign-in-denied"),
                (Fault.OtherError, "sign-in-failed"),
                (Fault.UnknownKey, "sign-in-failed"),
                (Fault.TokenEndpointFails, "sign-in-provider-failed"),
            }
        )
        {
            Provider.Fault = fault;
            using var start = await browser.SendAsync("GET", page);
            using var there = await browser.SendAsync("GET", start.Headers.Location!.ToString());
            using var refused = await browser.SendAsync("GET", there.Headers.Location!.ToString());
            Assert.Equal(
                (HttpStatusCode.Redirect, "/sign-in?returnUrl=/chart&error=" + error),
                (refused.StatusCode, refused.Headers.Location?.ToString())
            );
            Assert.Null(browser.Session);

            // The answer once more, and in a browser that did not ask: to the page too. Without a state there is no page.
            using var stranger = new Browser(api.Address);
            foreach (var sender in new[] { browser, stranger })
            {
                using var again = await sender.SendAsync("GET", there.Headers.Location!.ToString());
                Assert.StartsWith("/sign-in?returnUrl=/chart&error=sign-in-", again.Headers.Location?.ToString(), StringComparison.Ordinal);
            }
        }

        using var bare = await browser.SendAsync("GET", "/v1/auth/oidc/callback?state=made-up&code=x");
        await bare.ReadProblemAsync(HttpStatusCode.BadRequest, "/problems/sign-in-failed");
        foreach (var wrong in new[] { "https://evil.example/", "//evil.example", "/\\evil.example", "sign-in" })
        {
            using var elsewhere = await browser.SendAsync("GET", "/v1/auth/oidc?errorUrl=" + Uri.EscapeDataString(wrong));
            Assert.Equal(["errorUrl"], await elsewhere.ReadInvalidNamesAsync());
        }

        await using var away = await StartAsync(("Wyckoff:SignIn:OpenIdConnect:Authority", "http://127.0.0.1:9"));
        using var other = new Browser(away.Address);
        using var response = await other.SendAsync("GET", page);
        Assert.Equal("/sign-in?returnUrl=/chart&error=sign-in-provider-failed", response.Headers.Location?.ToString());
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/\r\nSet-Cookie: a=b")]
    [InlineData("\t//evil.example")]
    [InlineData(" /docs")]
    [InlineData("docs")]
    [InlineData("~/docs")]
    [InlineData("~//evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/ü")]
    [InlineData("/a b")]
    [InlineData("/a\u0000")]
    public async Task A_return_address_is_a_local_path(string returnUrl)
    {
        await using var api = await StartAsync();
        using var browser = new Browser(api.Address);
        foreach (var provider in new[] { "google", "oidc" })
        {
            using var response = await browser.SendAsync("GET", $"/v1/auth/{provider}?returnUrl={Uri.EscapeDataString(returnUrl)}");
            Assert.Equal(["returnUrl"], await response.ReadInvalidNamesAsync());
            Assert.Empty(browser.SetCookies);
        }
    }

    [Fact]
    public async Task The_providers_are_listed_and_others_are_unknown()
    {
        await using var api = await StartAsync();
        using var browser = new Browser(api.Address);
        using var list = await browser.SendAsync("GET", "/v1/auth");
        var listed = await list.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(("keys", false), (listed.GetProperty("mode").GetString(), listed.GetProperty("invitedOnly").GetBoolean()));
        Assert.Equal(
            ["google Google /v1/auth/google", "oidc Example /v1/auth/oidc"],
            listed
                .GetProperty("providers")
                .EnumerateArray()
                .Select(provider => $"{provider.GetProperty("id")} {provider.GetProperty("name")} {provider.GetProperty("path")}")
        );
        foreach (var id in new[] { "key", "session", "github", "OIDC" })
        {
            // 'session' is an endpoint of its own.
            using var unknown = await browser.SendAsync("GET", "/v1/auth/" + id);
            Assert.Equal(id == "session" ? HttpStatusCode.Unauthorized : HttpStatusCode.NotFound, unknown.StatusCode);
        }

        await using var none = await ListeningApi.StartAsync(Database.AppConnection, new() { ["Wyckoff:Access"] = "keys" });
        using var withoutProviders = await none.Client.GetFromJsonAsync<JsonDocument>("/v1/auth", Token);
        Assert.Equal(0, withoutProviders!.RootElement.GetProperty("providers").GetArrayLength());
        foreach (var path in new[] { "/v1/auth/google", "/v1/auth/google/callback", "/v1/auth/oidc/callback?state=x&code=y" })
        {
            using var off = await none.Client.GetAsync(path, Token);
            Assert.Equal(HttpStatusCode.NotFound, off.StatusCode);
        }
    }

    [Fact]
    public async Task In_local_mode_nobody_signs_in()
    {
        await using var api = await StartAsync(("Wyckoff:Access", "local"));
        var list = await api.Client.GetFromJsonAsync<JsonElement>("/v1/auth", Token);
        Assert.Equal("local", list.GetProperty("mode").GetString());
        Assert.Equal(0, list.GetProperty("providers").GetArrayLength());
        using var signIn = await api.Client.GetAsync("/v1/auth/oidc", Token);
        await signIn.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-sign-in-provider");
        using var callback = await api.Client.GetAsync("/v1/auth/oidc/callback?code=a&state=b", Token);
        await callback.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/not-found");
        using var signOut = await api.Client.PostAsync("/v1/auth/sign-out", null, Token);
        await signOut.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/no-session");
        var who = await api.Client.GetFromJsonAsync<JsonElement>("/v1/auth/session", Token);
        Assert.Equal("local", who.GetProperty("authenticatedBy").GetString());
        Assert.Equal(JsonValueKind.Null, who.GetProperty("antiforgeryToken").ValueKind);
        var sessions = await api.Client.GetFromJsonAsync<JsonElement>("/v1/auth/sessions", Token);
        Assert.Equal(0, sessions.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task No_secret_reaches_the_log()
    {
        await using var api = await StartAsync(
            ("Logging:LogLevel:Default", "Trace"),
            ("Logging:LogLevel:Microsoft", "Trace"),
            ("Logging:LogLevel:Npgsql", "Trace"),
            ("Logging:LogLevel:Microsoft.AspNetCore.DataProtection", "Trace"),
            // The address of each request, of which the sign-in knows nothing.
            ("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "Warning")
        );
        using var browser = await EnterAsync(api, "logged");
        using var google = new Browser(api.Address);
        Provider.Is("logged-by-google");
        await google.EnterAsync("google");
        using var signedOut = await browser.ChangeAsync("POST", "/v1/auth/sign-out");
        Assert.Equal(HttpStatusCode.NoContent, signedOut.StatusCode);
        Assert.DoesNotContain(api.Logged, line => line.StartsWith("Warning Microsoft.AspNetCore.Antiforgery", StringComparison.Ordinal));
        var cookies = browser
            .SetCookies.Concat(google.SetCookies)
            .Select(cookie => cookie.Split('=', 2)[1].Split(';')[0])
            .Where(value => value.Length > 8);
        Assert.Contains(api.Logged, line => line.Contains("5520: Account ", StringComparison.Ordinal));
        Assert.All(
            Provider.Secrets.Concat(cookies),
            secret => Assert.All(api.Logged, line => Assert.DoesNotContain(secret, line, StringComparison.Ordinal))
        );
    }
}
