using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Account;

/// <summary>The pages of the own account.</summary>
public sealed class AccountPageTests(Chromium chromium, KeysWeb web) : WebTestBase(chromium), IClassFixture<KeysWeb>
{
    [Fact]
    public async Task Documents_are_forms_with_all_errors_and_a_stale_one_keeps_its_input()
    {
        var page = await EnterAsync("documents", "/account/trading");
        var risk = page.GetByRole(AriaRole.Region, new() { Name = "Risk profile" });
        await risk.GetByLabel("Largest position").FillAsync("ten");
        await risk.GetByLabel("Largest loss of a day").FillAsync("250");
        await risk.GetByLabel("Most open positions").FillAsync("2.5");
        await risk.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(risk.GetByRole(AriaRole.Alert)).ToHaveCountAsync(4);
        await Expect(risk).ToContainTextAsync("Nothing was saved: 3 fields are not valid.");
        await Expect(risk.GetByLabel("Largest position")).ToHaveValueAsync("ten");
        await Expect(risk.GetByLabel("Largest position")).ToHaveAttributeAsync("aria-invalid", "true");
        await page.CheckInBothThemesAsync("account-trading");

        await risk.GetByLabel("Largest position").FillAsync("10");
        await risk.GetByLabel("Largest loss of a day").FillAsync("2.5");
        await risk.GetByLabel("Most open positions").FillAsync("");
        await risk.GetByLabel("A trade without a stop").CheckAsync();
        await risk.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(risk.GetByText("Saved.")).ToBeVisibleAsync();
        await Expect(risk.GetByLabel("Largest loss of a day")).ToHaveValueAsync("2.5");
        await Expect(risk.GetByLabel("A trade without a stop")).ToBeCheckedAsync();

        var profile = page.GetByRole(AriaRole.Region, new() { Name = "Trading profile" });
        await profile.GetByLabel("Style").SelectOptionAsync("swing");
        await profile.GetByLabel("4h").CheckAsync();
        await profile.GetByLabel("Evaluators that do not run").FillAsync("risk, timing");
        await profile.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(profile.GetByText("Saved.")).ToBeVisibleAsync();
        await Expect(profile.GetByLabel("4h")).ToBeCheckedAsync();

        // Another tab saves first.
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync("/account/trading");
        var theirs = other.GetByRole(AriaRole.Region, new() { Name = "Risk profile" });
        await theirs.GetByLabel("Largest position").FillAsync("7");
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(theirs.GetByText("Saved.")).ToBeVisibleAsync();
        await risk.GetByLabel("Largest position").FillAsync("12");
        await risk.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(risk.GetByRole(AriaRole.Alert)).ToContainTextAsync("Somebody has changed this meanwhile");
        await Expect(risk.GetByRole(AriaRole.Listitem)).ToHaveTextAsync(["Largest position is stored as “7”."]);
        await Expect(risk.GetByLabel("Largest position")).ToHaveValueAsync("12");
        await page.CheckInBothThemesAsync("account-stale");
        await risk.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(risk.GetByText("Saved.")).ToBeVisibleAsync();
        await Expect(risk.GetByLabel("Largest position")).ToHaveValueAsync("12");
    }

    [Fact]
    public async Task Own_data_can_be_changed_cleared_exported_and_deleted()
    {
        var page = await EnterAsync("leaver", "/account");
        var own = page.GetByRole(AriaRole.Region, new() { Name = "About you" });
        await own.GetByLabel("Phone").FillAsync("+43 1 234");
        await own.GetByLabel("Picture").FillAsync("ftp://example.org");
        await own.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(own).ToContainTextAsync("is not a URL that begins with http");
        await own.GetByLabel("Picture").FillAsync("");
        await own.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(own.GetByText("Saved.")).ToBeVisibleAsync();
        await own.GetByLabel("Phone").FillAsync("");
        await own.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(own.GetByText("Saved.")).ToBeVisibleAsync();
        await Expect(own.GetByLabel("Phone")).ToHaveValueAsync("");

        var site = page.GetByRole(AriaRole.Region, new() { Name = "Site preferences" });
        await site.GetByLabel("Theme").SelectOptionAsync("dark");
        await site.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await site.GetByLabel("Theme").SelectOptionAsync("system");
        await site.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(site.GetByText("Saved.")).ToBeVisibleAsync();
        await page.CheckInBothThemesAsync("account");

        var download = await page.RunAndWaitForDownloadAsync(() =>
            page.GetByRole(AriaRole.Link, new() { Name = "Export everything" }).ClickAsync()
        );
        Assert.StartsWith("wyckoff-account-", download.SuggestedFilename, StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Link, new() { Name = "Delete account" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what would be deleted" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "account.user_accounts" })).ToContainTextAsync("1");
        await page.CheckInBothThemesAsync("account-delete");
        await page.GetByLabel("I want to delete my account").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete for good" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("are deleted");
        Assert.Equal(0, await web.Database.ScalarAsync<long>("SELECT count(*) FROM account.user_accounts WHERE name = 'leaver'"));
    }

    [Fact]
    public async Task A_key_is_shown_once_and_can_be_renamed_rotated_and_revoked()
    {
        var page = await EnterAsync("keys", "/account/keys");
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await page.GetByLabel("Name").FillAsync("notebook");
        await page.GetByLabel("Expires in days").FillAsync("90");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a key" }).ClickAsync();
        var shown = page.Locator("#new-key");
        await Expect(shown).ToContainTextAsync("wk_");
        await page.CheckInBothThemesAsync("keys-new");
        var key = (await shown.TextContentAsync())!;
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy the key" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Copied" })).ToBeVisibleAsync();
        Assert.Equal(key, await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        Assert.Equal(200, await StatusAsync(key));

        await page.ReloadAsync();
        await Expect(shown).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "notebook" }).ClickAsync();
        var heading = page.GetByRole(AriaRole.Heading, new() { Level = 1 });
        await Expect(heading).ToHaveTextAsync("Key notebook");
        await page.GetByLabel("Name").FillAsync("old notebook");
        await page.GetByRole(AriaRole.Button, new() { Name = "Rename" }).ClickAsync();
        await Expect(heading).ToHaveTextAsync("Key old notebook");
        await page.CheckInBothThemesAsync("key");
        await page.GetByLabel("The old key works").SelectOptionAsync("24");
        await page.GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("works for another 24 h");
        var rotated = (await shown.TextContentAsync())!;
        Assert.Equal((200, 200), (await StatusAsync(key), await StatusAsync(rotated)));

        await page.GotoAsync("/account/keys");
        await page.GetByRole(AriaRole.Row)
            .Filter(new() { HasText = rotated[..8] })
            .GetByRole(AriaRole.Link, new() { Name = "old notebook" })
            .ClickAsync();
        // The box has to be ticked first.
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke the key" }).ClickAsync();
        Assert.Equal(200, await StatusAsync(rotated));
        await page.GetByLabel("stop working at once").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke the key" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "revoked" })).ToHaveCountAsync(1);
        Assert.Equal(401, await StatusAsync(rotated));
    }

    [Fact]
    public async Task Rules_are_made_changed_and_deleted()
    {
        var page = await EnterAsync("ruler", "/account/rules");
        await Expect(page.GetByText("No settings of your own")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "New rule" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("New rule");
        await page.GetByLabel("Evaluator").FillAsync("risk");
        await page.GetByLabel("Rule", new() { Exact = true }).FillAsync("RS001");
        await page.GetByLabel("Settings").FillAsync("{ \"severity\": \"huge\" }");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("is not one of info, warn, critical");
        await page.GetByLabel("Settings").FillAsync("{ severity }");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This is not JSON");
        await page.CheckInBothThemesAsync("rule");
        await page.GetByLabel("Settings").FillAsync("{ \"severity\": \"critical\", \"maxRiskPct\": 2.5 }");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        await page.CheckInBothThemesAsync("rules");

        await page.GetByRole(AriaRole.Link, new() { Name = "RS001" }).ClickAsync();
        await page.GetByLabel("The rule is on").UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "RS001" })).ToContainTextAsync("off");
        await page.GetByRole(AriaRole.Link, new() { Name = "RS001" }).ClickAsync();
        await page.GetByLabel("has its defaults again").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByText("No settings of your own")).ToBeVisibleAsync();
    }

    private async Task<IPage> EnterAsync(string name, string path)
    {
        var (_, key) = await web.AddAsync(name);
        var page = await OpenAsync(web.Address, path);
        await KeysWeb.EnterAsync(page, key);
        return page;
    }

    private async Task<int> StatusAsync(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/account") { Headers = { Authorization = new("Bearer", key) } };
        using var response = await web.Api.Client.SendAsync(request, Token);
        return (int)response.StatusCode;
    }
}
