using System.Net;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.SignIn;

/// <summary>Requests that change data with a session need the antiforgery token of that session.</summary>
public sealed class AntiforgeryTests(TestDatabase database) : SignInTestBase(database)
{
    private const string Header = "X-CSRF-Token";
    private const string Path = "/v1/auth/sign-out-everywhere";
    private const string Fetch = "/v1/bars/SPY?timeframe=1d&from=2024-06-03&to=2024-06-08&fetch=missing";

    [Fact]
    public async Task A_change_with_a_session_needs_the_token_of_the_session()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "safe");
        using var attacker = await EnterAsync(api, "attacker");
        var foreign = await TokenOfAsync(attacker);
        var token = await TokenOfAsync(browser);
        using var withoutItsCookie = new Browser(api.Address);
        withoutItsCookie.Cookies.Add(new Cookie(Browser.SessionCookie, browser.Session, "/", api.Address.Host));

        (Browser Sender, string? Token)[] wrong =
        [
            (browser, null),
            (browser, ""),
            (browser, "made-up"),
            (browser, foreign),
            (browser, token[..^2]),
            (withoutItsCookie, null),
            (withoutItsCookie, token),
        ];
        foreach (var (sender, given) in wrong)
        {
            using var refused = await sender.SendAsync("POST", Path, given is null ? [] : [(Header, given)]);
            await refused.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/antiforgery-token-needed");
        }

        // An attacker who plants the own cookie pair of token and cookie has still another session's token.
        using var planted = new Browser(api.Address);
        planted.Cookies.Add(new Cookie(Browser.SessionCookie, browser.Session, "/", api.Address.Host));
        planted.Cookies.Add(attacker.Cookies.GetCookies(api.Address)["wyckoff-csrf"]!);
        using var pair = await planted.SendAsync("POST", Path, (Header, foreign));
        await pair.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/antiforgery-token-needed");

        // The next session of the same person needs a new token.
        await browser.EnterAsync();
        using var old = await browser.SendAsync("POST", Path, (Header, token));
        await old.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/antiforgery-token-needed");
        using var right = await browser.ChangeAsync("POST", Path);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    [Fact]
    public async Task A_get_that_fetches_bars_needs_it_and_other_reads_do_not()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "fetcher");
        await SetAsync("fetcher", "is_admin = true");
        await Eventually.GetAsync(browser.WhoAsync, who => who.GetProperty("isAdmin").GetBoolean());
        using var read = await browser.SendAsync("GET", "/v1/tickers");
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var without = await browser.SendAsync("GET", Fetch);
        await without.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/antiforgery-token-needed");
        using var with = await browser.ChangeAsync("GET", Fetch);
        Assert.Equal(HttpStatusCode.BadRequest, with.StatusCode); // no provider of bars is configured
    }

    [Fact]
    public async Task A_key_needs_none()
    {
        await using var api = await StartAsync();
        var key = await TestAccounts.AddKeyAsync(Database, await TestAccounts.CreateAsync(Database, "program"), AccessScope.Write);
        using var browser = new Browser(api.Address);
        using var response = await browser.SendAsync("POST", Path, ("Authorization", "Bearer " + key));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_rule_about_other_sites_comes_first()
    {
        await using var api = await StartAsync();
        using var browser = await EnterAsync(api, "lured");
        using var response = await browser.SendAsync(
            "POST",
            Path,
            (Header, await TokenOfAsync(browser)),
            ("Origin", "https://evil.example"),
            ("Sec-Fetch-Site", "cross-site")
        );
        await response.ReadProblemAsync(HttpStatusCode.Forbidden, "/problems/cross-site-request");
    }

    private static async Task<string> TokenOfAsync(Browser browser) =>
        (await browser.WhoAsync()).GetProperty("antiforgeryToken").GetString()!;
}
