using Microsoft.Playwright;
using Wyckoff.Accounts;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Operations;

/// <summary>The pages for administrators.</summary>
public sealed class AdministrationPageTests(Chromium chromium, KeysWeb web) : WebTestBase(chromium), IClassFixture<KeysWeb>
{
    [Fact]
    public async Task Accounts_are_found_invited_and_changed_and_the_audit_trail_tells()
    {
        var page = await EnterAsync("boss", "/system/accounts");
        for (var i = 0; i < 55; i++)
        {
            await web.InviteAsync($"many-{i:00}");
        }

        await page.GetByLabel("Name or address").FillAsync("many-");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(51);
        await page.CheckInBothThemesAsync("accounts");
        await page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(6);
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Row).Last).ToContainTextAsync("many-54");
        await page.GotoAsync("/system/accounts?active=false");
        await Expect(page.GetByText("No account matches")).ToBeVisibleAsync();

        await page.GotoAsync("/system/accounts/invite");
        await page.GetByLabel("Name").FillAsync("Nina");
        await page.GetByLabel("Address").FillAsync("boss@example.org");
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("has the address boss@example.org already");
        await page.GetByLabel("Address").FillAsync("nina");
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("is not an e-mail address");
        await page.CheckInBothThemesAsync("invite");
        await page.GetByLabel("Address").FillAsync("nina@example.org");
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
        await Expect(Heading(page)).ToHaveTextAsync("Nina");
        await page.CheckInBothThemesAsync("account-details");

        // A second administrator changes the account first: the button of the first page does nothing.
        var other = await EnterAsync("second-boss", new Uri(page.Url).PathAndQuery);
        await other.GetByRole(AriaRole.Button, new() { Name = "Make an administrator" }).ClickAsync();
        await Expect(other.GetByRole(AriaRole.Button, new() { Name = "Make a member" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Deactivate" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Somebody has changed this account meanwhile");
        await Expect(page.GetByText("administrator", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Deactivate" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Activate" })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "what was changed of it" }).ClickAsync();
        var updated = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "is_admin" });
        await Expect(updated.First).ToContainTextAsync("account:");
        await page.CheckInBothThemesAsync("audit");
        var deactivated = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "is_active" }).Filter(new() { HasNotText = "created" });
        await Expect(deactivated.Locator("del")).ToHaveTextAsync("true");
        await Expect(deactivated.Locator("ins")).ToHaveTextAsync("false");
        await deactivated.GetByRole(AriaRole.Link).Last.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        await Expect(page.GetByLabel("Request")).Not.ToHaveValueAsync("");

        foreach (
            var (query, text) in new[]
            {
                ("accountId=ann", "'ann' is not the id of an account"),
                ("correlationId=x", "is not a UUID"),
                ("from=2026-02-01&to=2026-01-01", "to"),
                ("actor=account:999999", "No change matches"),
            }
        )
        {
            await page.GotoAsync("/system/audit?" + query);
            await Expect(page.Locator("main .message.error, main .empty")).ToContainTextAsync(text);
        }
    }

    [Fact]
    public async Task A_request_for_access_is_rejected_and_approved_later()
    {
        var page = await EnterAsync("rejecter", "/system/waitlist");
        await Expect(page.GetByText("Nobody is waiting")).ToBeVisibleAsync();
        await web.Database.ExecuteAsync(
            "INSERT INTO account.waitlist (email, name) VALUES ('tom@example.org', 'Tom'), ('tim@example.org', 'Tim')"
        );
        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Reject Tom" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        await page.GetByLabel("State").SelectOptionAsync("rejected");
        await page.GetByRole(AriaRole.Button, new() { Name = "Approve Tom" }).ClickAsync();
        await Expect(page.GetByText("No requests with this state")).ToBeVisibleAsync();
        await page.GetByLabel("State").SelectOptionAsync("all");
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Reject Tom" })).ToHaveCountAsync(0);
    }

    private static ILocator Heading(IPage page) => page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    private async Task<IPage> EnterAsync(string name, string path)
    {
        var (_, key) = await web.AddAsync(name, AccessScope.Admin, isAdmin: true);
        var page = await OpenAsync(web.Address, path);
        await KeysWeb.EnterAsync(page, key);
        return page;
    }
}
