using System.Net.Http.Json;
using System.Text;
using Microsoft.Playwright;
using Wyckoff.Api;
using Wyckoff.Primitives;
using Wyckoff.Tests.Sync;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Data;

/// <summary>Fetching bars from a provider, and the schedules by which the Ingestor does it.</summary>
public sealed class SyncPageTests(Chromium chromium, DataWeb web) : WebTestBase(chromium), IClassFixture<DataWeb>
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 14, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Missing_bars_are_fetched_and_the_gap_map_shows_them()
    {
        web.Alpaca.Bars["FETCH"] = FakeAlpaca.Make(new Random(1), Timeframe.Minute1, Start, 120, density: 1);
        var page = await OpenAsync(web.Address, "/data/sync?symbol=fetch&timeframe=1m&from=2024-03-04T14:00:00Z&to=2024-03-04T15:00:00Z");
        await Expect(page.GetByText("No bars of FETCH 1m are stored in this range yet.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Fetch the missing bars" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status, new() { Name = "Result" }))
            .ToContainTextAsync("60 bars came, 60 new, 0 changed, 0 rejected");
        await page.CheckInBothThemesAsync("data-sync-result");
        await page.GetByRole(AriaRole.Link, new() { Name = "show the gap map again" }).ClickAsync();
        await Expect(page.Locator("figcaption")).ToContainTextAsync("FETCH 1m: 60 bars are stored, none is missing between them");
        await page.CheckInBothThemesAsync("data-sync");
    }

    [Fact]
    public async Task A_provider_that_refuses_is_said()
    {
        var page = await OpenAsync(web.Address, "/data/sync?symbol=NOTHING&timeframe=1m&from=2024-03-04&to=2024-03-05&provider=nobody");
        await page.GetByRole(AriaRole.Button, new() { Name = "Fetch the missing bars" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("'nobody' is no provider that is configured");
    }

    [Fact]
    public async Task A_gap_leads_to_the_chart_and_to_the_sync_of_its_range()
    {
        // Four weeks of hours, of which one day lacks three.
        var rows = new StringBuilder("timestamp,open,high,low,close,volume\n");
        for (var day = new DateTimeOffset(2024, 4, 1, 0, 0, 0, TimeSpan.Zero); day.Month == 4 && day.Day < 29; day = day.AddDays(1))
        {
            foreach (var hour in Enumerable.Range(14, 6).Where(hour => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)))
            {
                if (day.Day != 16 || hour < 17)
                {
                    rows.Append(FormattableString.Invariant($"{day.AddHours(hour):yyyy-MM-ddTHH:mm:ssZ},10,11,9,10,100\n"));
                }
            }
        }

        using var response = await web.Api.Client.PostAsync(
            new Uri("/v1/imports?symbol=HOLES&timeframe=1h", UriKind.Relative),
            new StringContent(rows.ToString(), Encoding.UTF8, "text/csv"),
            Token
        );
        response.EnsureSuccessStatusCode();
        var page = await OpenAsync(web.Address, "/data/quality?symbol=holes&timeframe=1h");
        await Expect(page.GetByTitle("2024-04-16: 50 %, 3 of 6 bars are missing")).ToHaveTextAsync("50");
        await page.CheckInBothThemesAsync("data-quality-gaps");
        var gap = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "2024-04-16 17:00" });
        await Expect(gap.GetByRole(AriaRole.Link, new() { Name = "Chart at 2024-04-16 17:00" }))
            .ToHaveAttributeAsync("href", "/chart?symbol=HOLES&timeframe=1h&at=2024-04-18T09%3A00%3A00Z");
        await gap.GetByRole(AriaRole.Link, new() { Name = "Fetch the bars from 2024-04-16 17:00" }).ClickAsync();
        await Expect(page.GetByLabel("From", new() { Exact = true })).ToHaveValueAsync("2024-04-16T17:00:00Z");
    }

    [Fact]
    public async Task A_schedule_is_added_and_removed()
    {
        var page = await OpenAsync(web.Address, "/data/schedules");
        await Expect(page.GetByText("Nothing is fetched by itself yet")).ToBeVisibleAsync();
        await page.CheckInBothThemesAsync("data-schedules-empty");
        await page.Locator("#symbol").FillAsync("feed");
        await page.GetByLabel("Since").FillAsync("2024-01-31");
        await page.GetByLabel("Every (seconds)").FillAsync("0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await Expect(page.Locator("#everySeconds-note")).ToContainTextAsync("at least 1 second was expected");
        await page.GetByLabel("Every (seconds)").FillAsync("7200");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "FEED" });
        await Expect(row).ToContainTextAsync("2 h");
        await page.CheckInBothThemesAsync("data-schedules");
        var feeds = await web.Api.Client.GetFromJsonAsync<FeedsResponse>("/v1/feeds", Token);
        var feed = Assert.Single(feeds!.Feeds);
        Assert.Equal(
            ("FEED", "1d", "alpaca", 7200, new DateTimeOffset(2024, 1, 31, 0, 0, 0, TimeSpan.Zero)),
            (feed.Symbol, feed.Timeframe, feed.Provider, feed.EverySeconds, feed.Since)
        );

        await row.GetByRole(AriaRole.Link, new() { Name = "Remove FEED 1d from alpaca" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, remove it" }).ClickAsync();
        await Expect(page.GetByText("Nothing is fetched by itself yet")).ToBeVisibleAsync();
        Assert.Empty((await web.Api.Client.GetFromJsonAsync<FeedsResponse>("/v1/feeds", Token))!.Feeds);
    }
}
