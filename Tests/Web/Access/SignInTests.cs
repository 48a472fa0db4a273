using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Wyckoff.Accounts;
using Wyckoff.Tests.Accounts;
using Wyckoff.Tests.Api.SignIn;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Access;

/// <summary>Signing in and out with a key and with a provider, and what each role sees.</summary>
public sealed class SignInTests(Chromium chromium, KeysWeb web) : WebTestBase(chromium), IClassFixture<KeysWeb>
{
    [Fact]
    public async Task A_page_leads_to_the_sign_in_and_a_key_leads_back_to_it()
    {
        var (_, key) = await web.AddAsync("keyholder", AccessScope.Admin, isAdmin: true);
        var page = await OpenAsync(web.Address, "/system/audit?actor=account:1");
        await Expect(Heading(page)).ToHaveTextAsync("Sign in");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Chart" })).ToBeHiddenAsync();
        await page.CheckInBothThemesAsync("sign-in");

        await page.GetByLabel("API key").FillAsync("wk_" + new string('A', 43));
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a key" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not know this key");
        Tolerate("401");

        await KeysWeb.EnterAsync(page, key);
        await Expect(page).ToHaveURLAsync(new Uri(web.Address, "/system/audit?actor=account:1").ToString());
        await Expect(page.GetByRole(AriaRole.Banner).GetByRole(AriaRole.Link, new() { Name = "keyholder" })).ToBeVisibleAsync();
        var cookie = Assert.Single(await page.Context.CookiesAsync(), cookie => cookie.Name == "wyckoff-key");
        Assert.True(cookie is { HttpOnly: true, SameSite: SameSiteAttribute.Lax, Expires: -1 });
        Assert.DoesNotContain(key, cookie.Value, StringComparison.Ordinal);

        // Page scripts use the key too, through the forwarded paths.
        Assert.Equal(200, await page.EvaluateAsync<int>("async () => (await fetch('/v1/admin/accounts')).status"));
        await page.GotoAsync("/sign-in");
        await Expect(page.GetByText("You are signed in as keyholder.")).ToBeVisibleAsync();

        await SignOutAsync(page);
        await page.GotoAsync("/account");
        await Expect(Heading(page)).ToHaveTextAsync("Sign in");
        Assert.DoesNotContain(await page.Context.CookiesAsync(), cookie => cookie.Name == "wyckoff-key");
    }

    [Fact]
    public async Task A_provider_leads_back_to_the_page_and_its_session_can_change_and_end()
    {
        await web.InviteAsync("ivy");
        web.Provider.Is("ivy");
        var page = await OpenAsync(web.Address, "/account");
        await SignInWithProviderAsync(page);
        await Expect(page).ToHaveURLAsync(new Uri(web.Address, "/account").ToString());

        // A form of the page, and a request of a script, both with the antiforgery token of the session.
        await page.GetByLabel("Phone").FillAsync("+43 1 234");
        await page.Locator("form").Filter(new() { Has = page.GetByLabel("Phone") }).GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Phone")).ToHaveValueAsync("+43 1 234");
        const string patch = """
            async () => (await (await import('/api.js')).send('/v1/account',
              { method: 'PATCH', body: '{"phone":"1"}', headers: { 'Content-Type': 'application/json' } })).status
            """;
        Assert.Equal(200, await page.EvaluateAsync<int>(patch));

        await page.GotoAsync("/account/sessions");
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "this browser" })).ToContainTextAsync("Chrome on Linux");
        await page.CheckInBothThemesAsync("sessions");
        var second = await OpenAsync(web.Address, "/account/sessions");
        await SignInWithProviderAsync(second);
        await Expect(second.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await second
            .GetByRole(AriaRole.Row)
            .Filter(new() { HasText = "Chrome" })
            .Filter(new() { HasNotText = "this browser" })
            .GetByRole(AriaRole.Button)
            .ClickAsync();
        await Expect(second.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);

        // The ended session leads to the sign-in page at the next click, also of a script.
        await page.GetByPlaceholder("Symbol").FillAsync("S");
        await Expect(Heading(page)).ToHaveTextAsync("Sign in");
        Tolerate("401");

        await second.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere" }).ClickAsync();
        await Expect(Heading(second)).ToHaveTextAsync("Sign in");
        Tolerate(web.Provider.Issuer);
    }

    [Fact]
    public async Task A_refused_sign_in_explains_itself_and_the_waitlist_gives_access()
    {
        var (_, admin) = await web.AddAsync("decider", AccessScope.Admin, isAdmin: true);
        web.Provider.Is("wanda");
        var page = await OpenAsync(web.Address, "/account/trading");
        foreach (
            var (fault, text) in new[]
            {
                (Fault.AccessDenied, "did not let you in"),
                (Fault.WrongNonce, "The sign-in failed"),
                (Fault.TokenEndpointFails, "does not respond"),
                (Fault.None, "Nobody has an account with this address yet"),
            }
        )
        {
            web.Provider.Fault = fault;
            await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Example" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(text);
            await Expect(page).ToHaveURLAsync(new Regex("/sign-in\\?returnUrl="));
        }

        await page.GetByLabel("Name").FillAsync("Wanda");
        await page.GetByLabel("E-mail address").FillAsync("wanda at example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask for access" }).ClickAsync();
        await Expect(page.GetByText("is not an e-mail address")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Name")).ToHaveValueAsync("Wanda");
        await page.CheckInBothThemesAsync("sign-in-refused");
        await page.GetByLabel("E-mail address").FillAsync("wanda@example.org");
        await page.GetByLabel("How did you hear of us?").FillAsync("a friend");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask for access" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("If access is given to you");

        var desk = await OpenAsync(web.Address, "/system/waitlist");
        await KeysWeb.EnterAsync(desk, admin);
        var row = desk.GetByRole(AriaRole.Row).Filter(new() { HasText = "wanda@example.org" });
        await Expect(row).ToContainTextAsync("a friend");
        await row.GetByPlaceholder("Notes").FillAsync("met in Lisbon");
        await desk.CheckInBothThemesAsync("waitlist");
        await row.GetByRole(AriaRole.Button, new() { Name = "Approve Wanda" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        await desk.GetByLabel("State").SelectOptionAsync("approved");
        await Expect(row.GetByPlaceholder("Notes")).ToHaveValueAsync("met in Lisbon");
        await row.GetByRole(AriaRole.Link, new() { NameRegex = new("account") }).ClickAsync();
        await Expect(Heading(desk)).ToHaveTextAsync("Wanda");

        await SignInWithProviderAsync(page);
        await Expect(page).ToHaveURLAsync(new Uri(web.Address, "/account/trading").ToString());

        // A deactivated account is out at the next click, and cannot come back. The sign-in has changed the account meanwhile.
        await desk.ReloadAsync();
        await desk.GetByRole(AriaRole.Button, new() { Name = "Deactivate" }).ClickAsync();
        await Expect(desk.GetByText("deactivated").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Rules" }).ClickAsync();
        await Expect(Heading(page)).ToHaveTextAsync("Sign in");
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Example" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("has deactivated this account");
        Tolerate(web.Provider.Issuer);
    }

    [Fact]
    public async Task A_member_sees_no_pages_for_administrators_and_a_read_key_no_forms()
    {
        var (id, write) = await web.AddAsync("member");
        var page = await OpenAsync(web.Address, "/system");
        await KeysWeb.EnterAsync(page, write);
        var pages = page.GetByRole(AriaRole.Navigation, new() { Name = "System" });
        await Expect(pages.GetByRole(AriaRole.Link)).ToHaveTextAsync(["Status"]);
        var dashboard = page.GetByRole(AriaRole.Link, new() { Name = "Aspire dashboard" });
        await Expect(dashboard).ToHaveAttributeAsync("href", "http://localhost:15080");
        foreach (
            var path in new[] { "/system/accounts", "/system/accounts/1", "/system/accounts/invite", "/system/waitlist", "/system/audit" }
        )
        {
            await page.GotoAsync(path);
            await Expect(Heading(page)).ToHaveTextAsync("This page needs more rights");
        }

        await page.CheckInBothThemesAsync("not-allowed");
        Tolerate("403");
        await SignOutAsync(page);

        var read = await TestAccounts.AddKeyAsync(web.Database, id, AccessScope.Read);
        await page.GotoAsync("/account/trading");
        await KeysWeb.EnterAsync(page, read);
        foreach (var path in new[] { "/account/trading", "/account", "/account/rules", "/account/keys", "/account/sessions", "/system" })
        {
            await page.GotoAsync(path);
            await Expect(page.Locator("main")).Not.ToContainTextAsync("Loading");
            await Expect(page.Locator("main form[method=post]")).ToHaveCountAsync(0);
        }

        await page.GotoAsync("/account/delete");
        await Expect(Heading(page)).ToHaveTextAsync("This page needs more rights");
        Tolerate("403");

        // A key that is revoked elsewhere is out at the next click.
        await page.GotoAsync("/account");
        using var revoke = new HttpRequestMessage(
            HttpMethod.Delete,
            $"/v1/account/keys/{await web.Database.ScalarAsync<long>("SELECT max(id) FROM account.api_keys WHERE account_id = $1", id)}"
        );
        revoke.Headers.Authorization = new("Bearer", write);
        using var revoked = await web.Api.Client.SendAsync(revoke, Token);
        Assert.True(revoked.IsSuccessStatusCode);
        await page.GetByRole(AriaRole.Link, new() { Name = "Keys" }).ClickAsync();
        await Expect(Heading(page)).ToHaveTextAsync("Sign in");
    }

    private static ILocator Heading(IPage page) => page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    private static async Task SignInWithProviderAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Example" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).First).ToBeVisibleAsync();
    }

    private static async Task SignOutAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Banner).GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(Heading(page)).ToHaveTextAsync("Sign in");
    }
}
