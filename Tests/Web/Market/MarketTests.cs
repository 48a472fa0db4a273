using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Market;

/// <summary>The overview of the market, and the pages of tickers.</summary>
public sealed class MarketTests(Chromium chromium, MarketSample web) : WebTestBase(chromium), IClassFixture<MarketSample>
{
    [Fact]
    public async Task The_overview_shows_what_moved_and_its_address_restores_every_state()
    {
        var page = await OpenAsync(web.Address, "/market");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Market");
        var rows = page.Locator("table.overview tbody tr");
        await Expect(rows).ToHaveCountAsync(50);
        await Expect(rows.Locator("svg polyline")).ToHaveCountAsync(50);
        await Expect(page.GetByText("As of 20")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Largest falls" }).GetByRole(AriaRole.Listitem).First)
            .ToContainTextAsync("T060");
        await page.CheckInBothThemesAsync("market-overview");

        // All pages together have each ticker once.
        var symbols = new HashSet<string>(await SymbolsAsync(rows));
        await page.GetByText("Next page").ClickAsync();
        await Expect(rows).ToHaveCountAsync(MarketSample.ActiveTickers - 50);
        symbols.UnionWith(await SymbolsAsync(rows));
        Assert.Equal(MarketSample.ActiveTickers, symbols.Count);
        await Expect(page.GetByText("Largest falls")).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Link, new() { Name = "Symbol", Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("sort=symbol&order=asc$"));
        await Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Symbol" })).ToHaveAttributeAsync("aria-sort", "ascending");
        await page.GetByLabel("Asset type").SelectOptionAsync("crypto");
        await Expect(rows).ToHaveCountAsync(1);
        await page.GetByLabel("Asset type").SelectOptionAsync("");
        await Expect(rows).ToHaveCountAsync(50);
        await page.GetByLabel("Search").FillAsync("500 <IND");
        await page.GetByLabel("Search").PressAsync("Enter");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows).ToContainTextAsync("S&P 500 <index>");
        await page.ReloadAsync();
        await Expect(page.GetByLabel("Search")).ToHaveValueAsync("500 <IND");
        await Expect(rows).ToHaveCountAsync(1);
        Assert.Contains("sort=symbol", page.Url, StringComparison.Ordinal);

        await page.GotoAsync("/market?minChange=-3&maxChange=-2");
        await Expect(rows).ToHaveCountAsync(2);
        await page.GotoAsync("/market?minChange=much");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("'much' is not a number such as -2.5.");
        await page.GotoAsync("/market?minChange=2&maxChange=1");
        await Expect(page.Locator(".field").Filter(new() { HasText = "Change from" }).GetByRole(AriaRole.Alert))
            .ToContainTextAsync("minChange is greater than maxChange");
        await page.GotoAsync("/market?search=nothing");
        await Expect(page.GetByText("No ticker matches these filters")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Reset" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(50);
    }

    [Fact]
    public async Task A_ticker_has_its_coverage_quality_indicators_and_bars_whatever_its_symbol()
    {
        var page = await OpenAsync(web.Address, "/market/tickers/SPY");
        var coverage = page.GetByRole(AriaRole.Table, new() { Name = "Stored bars" });
        await Expect(coverage.Locator("tbody tr")).ToHaveCountAsync(7);
        await Expect(coverage.GetByRole(AriaRole.Row).Filter(new() { HasText = "1d" })).ToContainTextAsync("252");
        await Expect(coverage.GetByRole(AriaRole.Row).Filter(new() { HasText = "sample (7,620)" })).ToContainTextAsync("1m");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Indicators of 1d" })).ToContainTextAsync("567.89");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Quality of 1d" })).ToContainTextAsync("mean score");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "The newest 20 bars of 1d" }).Locator("tbody tr")).ToHaveCountAsync(20);
        await page.CheckInBothThemesAsync("market-ticker");

        await page.GetByRole(AriaRole.Link, new() { Name = "Show 1h" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Quality of 1h" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Quality report" }))
            .ToHaveAttributeAsync("href", "/data/quality?symbol=SPY&timeframe=1h");

        foreach (var symbol in new[] { "BTC/USDT", "^GSPC" })
        {
            await page.GotoAsync("/market?search=" + Uri.EscapeDataString(symbol));
            await page.GetByRole(AriaRole.Link, new() { Name = symbol, Exact = true }).Last.ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(symbol);
            await Expect(page.GetByRole(AriaRole.Table, new() { Name = "The newest 20 bars of 1d" })).ToBeVisibleAsync();
            await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Chart", Exact = true }).Nth(1))
                .ToHaveAttributeAsync("href", $"/chart?symbol={Uri.EscapeDataString(symbol)}&timeframe=1d");
        }

        await page.GotoAsync("/market/tickers/IDLE");
        await Expect(page.GetByText("IDLE has no bars yet")).ToBeVisibleAsync();
        await page.GotoAsync("/market/tickers/SPYY");
        await Expect(page.GetByText("Unknown symbol", new() { Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Tickers_are_listed_page_by_page_and_filtered()
    {
        await web.Database.ExecuteAsync(
            "INSERT INTO market.tickers (symbol, asset_type, is_active) SELECT 'ZZ' || n, 'bond', false FROM generate_series(1, 60) n"
        );
        var page = await OpenAsync(web.Address, "/market/tickers");
        var rows = page.Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(100);
        await page.CheckInBothThemesAsync("market-tickers");
        await page.GetByText("Next page").ClickAsync();
        await Expect(rows.Last).ToContainTextAsync("^GSPC");
        await page.GetByLabel("State").SelectOptionAsync("false");
        await Expect(rows).ToHaveCountAsync(61);
        await page.GetByLabel("Symbol begins with").FillAsync("id");
        await page.GetByLabel("Symbol begins with").PressAsync("Enter");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows).ToContainTextAsync("IDLE");
        await web.Database.ExecuteAsync("DELETE FROM market.tickers WHERE asset_type = 'bond'");
    }

    [Fact]
    public async Task A_ticker_is_added_with_its_errors_named_then_changed_and_deleted()
    {
        var page = await OpenAsync(web.Address, "/market/tickers");
        await page.GetByRole(AriaRole.Link, new() { Name = "Add a ticker" }).ClickAsync();
        await page.Locator("#symbol").FillAsync("two words");
        await page.GetByLabel("Name").FillAsync("Two & <words>");
        await page.GetByLabel("Time zone").FillAsync("Mars/Olympus");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await Expect(page.Locator("#symbol-note")).ToContainTextAsync("'two words' is not a symbol");
        await Expect(page.Locator("#timezone-note")).ToContainTextAsync("Mars/Olympus");
        await page.CheckInBothThemesAsync("market-ticker-errors");

        await page.Locator("#symbol").FillAsync("eth/usdt");
        await page.GetByLabel("Time zone").FillAsync("UTC");
        await page.GetByLabel("Asset type").FillAsync("crypto");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("ETH/USDT");
        await Expect(page.GetByText("Two & <words>")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Edit" }).ClickAsync();
        await page.GetByLabel("Exchange").FillAsync("Kraken");
        await page.GetByLabel("Active: listed").UncheckAsync();
        // Somebody else changes it meanwhile: nothing is overwritten unseen.
        await web.Database.ExecuteAsync("UPDATE market.tickers SET sector = 'chain' WHERE symbol = 'ETH/USDT'");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Load the ticker as it is now" }).ClickAsync();
        await Expect(page.GetByLabel("Sector")).ToHaveValueAsync("chain");
        await page.GetByLabel("Exchange").FillAsync("Kraken");
        await page.GetByLabel("Active: listed").UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("inactive")).ToBeVisibleAsync();
        await Expect(page.GetByText("Kraken")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Delete…" }).ClickAsync();
        await page.GetByLabel("Type ETH/USDT to confirm").FillAsync("ETH");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete ETH/USDT" }).ClickAsync();
        await Expect(page.Locator("#confirm-note")).ToContainTextAsync("'ETH' is not 'ETH/USDT'");
        await page.CheckInBothThemesAsync("market-ticker-delete");
        await page.GetByLabel("Type ETH/USDT to confirm").FillAsync("eth/usdt");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete ETH/USDT" }).ClickAsync();
        await Expect(page.Locator(".message.success")).ToContainTextAsync("ETH/USDT and all its bars are deleted");
        using var gone = await web.Api.GetAsync("/v1/tickers/ETH%2FUSDT", Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private static async Task<IReadOnlyList<string>> SymbolsAsync(ILocator rows) => await rows.Locator("th a").AllInnerTextsAsync();
}
