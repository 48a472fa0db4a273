using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Market;

public sealed class WatchlistTests(Chromium chromium, MarketSample web) : WebTestBase(chromium), IClassFixture<MarketSample>
{
    [Fact]
    public async Task A_watchlist_is_made_filled_arranged_renamed_and_deleted()
    {
        await ClearAsync();
        var page = await OpenAsync(web.Address, "/market/watchlists");
        await Expect(page.GetByText("You have no watchlist yet")).ToBeVisibleAsync();
        await page.CheckInBothThemesAsync("market-watchlists-empty");
        await CreateAsync(page, "Tech & <more>");
        await CreateAsync(page, "Second");
        await page.GetByLabel("New watchlist").FillAsync("second");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(page.Locator("#new-name-note")).ToHaveTextAsync("Another list has the name 'second' already.");

        await page.GetByRole(AriaRole.Link, new() { Name = "Tech & <more>" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Edit Tech & <more>" }).ClickAsync();
        await page.GetByLabel("Add symbols").FillAsync("aapl, btc/usdt ^gspc  GONE");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(4);
        await page.GetByRole(AriaRole.Button, new() { Name = "Move ^GSPC up" }).ClickAsync();
        await Expect(page.Locator("tbody th").Nth(1)).ToHaveTextAsync("^GSPC");
        await page.GetByRole(AriaRole.Button, new() { Name = "Move AAPL down" }).ClickAsync();
        await Expect(page.Locator("tbody th").First).ToHaveTextAsync("^GSPC");
        await page.CheckInBothThemesAsync("market-watchlist-edit");
        await page.GetByRole(AriaRole.Button, new() { Name = "Later" }).ClickAsync();
        await Expect(page.GetByText("2 of 2")).ToBeVisibleAsync();
        await page.GetByLabel("Name").FillAsync("Mixed");
        await page.GetByLabel("Add symbols").FillAsync("no!symbol");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator("#add-note")).ToContainTextAsync("'NO!SYMBOL' is not a symbol");
        await page.GetByLabel("Add symbols").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Edit watchlist Mixed");
        Assert.Equal("Second: ; Mixed: ^GSPC AAPL BTC/USDT GONE", await StoredAsync());

        await page.GetByRole(AriaRole.Link, new() { Name = "Done" }).ClickAsync();
        var rows = page.Locator("table.overview tbody tr");
        await Expect(rows).ToHaveCountAsync(4);
        await Expect(rows.First).ToContainTextAsync("^GSPC");
        await Expect(rows.Locator("svg polyline")).ToHaveCountAsync(3);
        await Expect(rows.Last).ToContainTextAsync("No prices");
        await page.CheckInBothThemesAsync("market-watchlist");
        await page.GetByRole(AriaRole.Link, new() { Name = "Symbol", Exact = true }).ClickAsync();
        await Expect(rows.First).Not.ToContainTextAsync("^GSPC");
        await page.GetByRole(AriaRole.Link, new() { Name = "Your own order" }).ClickAsync();
        await Expect(rows.First).ToContainTextAsync("^GSPC");

        await page.GetByRole(AriaRole.Link, new() { Name = "Edit Mixed" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove GONE" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(3);
        await page.GetByText("Delete this watchlist").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete Mixed" }).ClickAsync();
        await Expect(page.GetByText("Second has no symbols yet")).ToBeVisibleAsync();
        Assert.Equal("Second: ", await StoredAsync());
    }

    [Fact]
    public async Task A_symbol_is_put_on_watchlists_from_the_overview_and_from_its_own_page()
    {
        await ClearAsync();
        var page = await OpenAsync(web.Address, "/market?search=bit");
        await page.GetByRole(AriaRole.Link, new() { Name = "Watch BTC/USDT" }).ClickAsync();
        await page.GetByLabel("Name of your first watchlist").FillAsync("Coins");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        // Back to where one was.
        await Expect(page.GetByLabel("Search")).ToHaveValueAsync("bit");
        Assert.Equal("Coins: BTC/USDT", await StoredAsync());

        await page.GotoAsync("/market/tickers/%5EGSPC");
        await page.GetByRole(AriaRole.Link, new() { Name = "Watch", Exact = true }).ClickAsync();
        await page.GetByLabel("Coins").CheckAsync();
        await page.GetByLabel("And a new watchlist").FillAsync("Indices");
        await page.CheckInBothThemesAsync("market-watch");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("^GSPC");
        Assert.Equal("Coins: BTC/USDT ^GSPC; Indices: ^GSPC", await StoredAsync());
        await page.GetByRole(AriaRole.Link, new() { Name = "Watch", Exact = true }).ClickAsync();
        await page.GetByLabel("Coins").UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("^GSPC");
        Assert.Equal("Coins: BTC/USDT; Indices: ^GSPC", await StoredAsync());
    }

    private static async Task CreateAsync(IPage page, string name)
    {
        await page.GetByLabel("New watchlist").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(page.GetByText($"{name} has no symbols yet")).ToBeVisibleAsync();
    }

    private Task ClearAsync() => web.Database.ExecuteAsync("UPDATE account.user_profiles SET site_prefs = '{}'");

    private async Task<string> StoredAsync()
    {
        var preferences = await web.Api.GetFromJsonAsync<JsonElement>("/v1/account/site-preferences", Token);
        return string.Join(
            "; ",
            preferences
                .GetProperty("watchlists")
                .EnumerateArray()
                .Select(list => $"{list.GetProperty("name")}: {string.Join(' ', list.GetProperty("symbols").EnumerateArray())}")
        );
    }
}
