using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Wyckoff.Tests.Web.Patterns;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Data;

/// <summary>The pages about data that only read, with the sample data and without a provider.</summary>
public sealed class QualityPageTests(Chromium chromium, SampleWeb web) : WebTestBase(chromium), IClassFixture<SampleWeb>
{
    [Fact]
    public async Task The_tickers_are_ranked_by_quality_and_lead_to_their_report()
    {
        var page = await OpenAsync(web.Address, "/data/quality");
        await Expect(page.Locator("caption")).ToHaveTextAsync("Quality of the tickers, 1d");
        var rows = page.Locator("tbody tr");
        await Expect(rows.First).ToBeVisibleAsync();
        await page.CheckInBothThemesAsync("data-quality-list");
        var list = new ListPage(page);
        await list.SortAsync("Symbol");
        await Expect(page).ToHaveURLAsync(new Regex("sort=symbol"));
        var symbols = await list.ColumnAsync("Symbol");
        Assert.NotEmpty(symbols);
        Assert.Equal(symbols.Order(StringComparer.Ordinal), symbols);

        await rows.First.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync($"Quality of {symbols[0]}");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Share of the expected bars" })).ToBeVisibleAsync();
        await page.CheckInBothThemesAsync("data-quality");
    }

    [Fact]
    public async Task A_report_has_a_calendar_of_each_day_and_an_unknown_symbol_is_said()
    {
        var page = await OpenAsync(web.Address, "/data/quality?symbol=SPY&timeframe=1h");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Coverage" })).ToBeVisibleAsync();
        await Expect(page.Locator(".calendar tbody tr")).ToHaveCountAsync(12);
        await Expect(page.Locator(".calendar .full").First).ToContainTextAsync("complete");
        await page.CheckInBothThemesAsync("data-quality-1h");
        var unknown = await OpenAsync(web.Address, "/data/quality?symbol=NOBODY");
        await Expect(unknown.GetByRole(AriaRole.Alert)).ToContainTextAsync("NOBODY");
    }

    [Fact]
    public async Task Without_a_provider_the_sync_says_which_settings_it_needs()
    {
        var page = await OpenAsync(web.Address, "/data/sync?symbol=SPY&timeframe=1d&from=2024-01-01");
        await Expect(page.GetByText("No provider is configured")).ToBeVisibleAsync();
        await Expect(page.GetByText("Wyckoff:Providers:Alpaca:KeyId", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(page.Locator("figure svg")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Fetch the missing bars" })).ToHaveCountAsync(0);
        await page.CheckInBothThemesAsync("data-sync-no-provider");
    }

    [Fact]
    public async Task An_export_shows_its_size_and_can_be_downloaded_and_copied()
    {
        var page = await OpenAsync(web.Address, "/data/export");
        await Expect(page.GetByText("Choose what to export")).ToBeVisibleAsync();
        await page.Locator("#symbols").FillAsync("SPY");
        await page.Locator("#symbols").PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "SPY_1d.csv" })).ToBeVisibleAsync();
        var caption = (await page.Locator("caption").TextContentAsync())!;
        var bars = int.Parse(caption.Split(' ')[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        await page.CheckInBothThemesAsync("data-export");
        var download = await page.RunAndWaitForDownloadAsync(() =>
            page.GetByRole(AriaRole.Link, new() { Name = "Download SPY_1d.csv" }).ClickAsync()
        );
        Assert.Equal("SPY_1d.csv", download.SuggestedFilename);
        Assert.Equal(bars + 1, File.ReadLines(await download.PathAsync()).Count());
        await Expect(page.GetByLabel("wyckoff.sh", new() { Exact = true }))
            .ToHaveTextAsync("./wyckoff.sh export --symbol SPY --timeframe 1d --output SPY_1d.csv");
        await page.GetByLabel("Format").SelectOptionAsync("parquet");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Download SPY_1d.parquet" })).ToBeVisibleAsync();
    }
}
