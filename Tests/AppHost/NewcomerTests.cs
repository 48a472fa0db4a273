using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Wyckoff.Tests.Web;
using Wyckoff.Tests.Web.Chart;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.AppHost;

/// <summary>The path of somebody who has started Wyckoff for the first time and reads nothing.</summary>
[Collection(nameof(AppHostCollection))]
public sealed partial class NewcomerTests(Chromium chromium, RunningAppHost running) : WebTestBase(chromium)
{
    [Fact(Timeout = 600_000)]
    public async Task The_printed_link_shows_the_sample_accumulation_and_a_dropped_file_is_on_the_chart()
    {
        var link = Link().Match(running.System.Output).Groups[1].Value;
        var page = await OpenAsync(new Uri(link), "/");
        var first = await page.ReadyAsync();
        Assert.Equal(("AAPL", "1d"), (first.Symbol, first.Timeframe));
        // The climax, 22 March, and the spring, 3 June 2024, are in view.
        Assert.InRange(new DateTimeOffset(2024, 3, 22, 0, 0, 0, TimeSpan.Zero), PaneState.Time(first.From), PaneState.Time(first.To));
        Assert.InRange(new DateTimeOffset(2024, 6, 3, 0, 0, 0, TimeSpan.Zero), PaneState.Time(first.From), PaneState.Time(first.To));

        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Data" }).ClickAsync();
        await Expect(page.Locator("wyckoff-import[data-ready]")).ToBeVisibleAsync();
        const string rows = "date,open,high,low,close,volume\n2024-05-06,10,12,9,11,100\n2024-05-07,11,13,10,12,100\n";
        await page.SetInputFilesAsync(
            "#files",
            new FilePayload
            {
                Name = "NEWCOMER_1d.csv",
                MimeType = "text/csv",
                Buffer = Encoding.UTF8.GetBytes(rows),
            }
        );
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Show NEWCOMER 1d on the chart" }).ClickAsync();
        var shown = await page.PaneAsync(pane => pane is { State: "ready", Symbol: "NEWCOMER" });
        Assert.Equal(2, shown.Bars);
    }

    [GeneratedRegex(@"Wyckoff is up: open (http://localhost:\d+)")]
    private static partial Regex Link();
}
