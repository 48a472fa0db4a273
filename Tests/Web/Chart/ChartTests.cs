using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Wyckoff.Indicators;
using Wyckoff.Primitives;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Chart;

/// <summary>The chart of the sample data: what it shows, how it is moved, and how its address restores it.</summary>
public sealed class ChartTests(Chromium chromium, SampleWeb web) : WebTestBase(chromium), IClassFixture<SampleWeb>
{
    [Fact]
    public async Task Without_a_symbol_the_sample_accumulation_is_shown()
    {
        var page = await OpenAsync(web.Address, "/chart");
        var pane = await page.ReadyAsync();
        Assert.Equal(("AAPL", "1d"), (pane.Symbol, pane.Timeframe));
        Assert.InRange(PaneState.Time(pane.From), new(2024, 2, 1, 0, 0, 0, TimeSpan.Zero), new(2024, 3, 10, 0, 0, 0, TimeSpan.Zero));
        Assert.InRange(PaneState.Time(pane.To), new(2024, 8, 28, 0, 0, 0, TimeSpan.Zero), new(2024, 9, 1, 0, 0, 0, TimeSpan.Zero));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("AAPL Apple Inc.");
        await Expect(page.Locator("[data-legend]")).ToContainTextAsync("C 212.27");
        await page.CheckInBothThemesAsync("chart");
    }

    [Fact]
    public async Task A_link_restores_everything_and_back_returns()
    {
        const string query =
            "symbol=SPY&timeframe=1h&style=bars&scale=log&zone=utc&volume=off&gaps=off&indicators=sma20,rsi14"
            + "&at=2024-12-20T00:00:00Z&bars=70";
        await ComputeIndicatorsAsync();
        var page = await OpenAsync(web.Address, "/chart?" + query);
        var pane = await page.ReadyAsync();
        Assert.Equal(("SPY", "1h", 70), (pane.Symbol, pane.Timeframe, pane.Slots));
        Assert.Equal(new(2024, 12, 19, 21, 0, 0, TimeSpan.Zero), PaneState.Time(pane.To));
        await Expect(page.GetByLabel("Style")).ToHaveValueAsync("bars");
        await Expect(page.GetByLabel("Scale")).ToHaveValueAsync("log");
        await Expect(page.Locator("[data-legend]")).ToContainTextAsync("Thu, 19 Dec 2024, 20:00");
        await Expect(page.Locator("[data-legend]")).ToContainTextAsync(new Regex(@"SMA 20 \d+\.\d\d.*RSI 14 \d+\.\d\d"));
        await page.CheckInBothThemesAsync("chart-indicators");

        await page.Locator("[data-plot]").FocusAsync();
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.AddressHasAsync("at=2024-12-18");
        await page.ReloadAsync();
        var again = await page.ReadyAsync();
        Assert.Equal(70, again.Slots);
        Assert.True(again.To < pane.To);

        await page.GetByLabel("1 day").CheckAsync(new() { Force = true });
        await page.PaneAsync(state => state is { State: "ready", Timeframe: "1d" });
        await page.GoBackAsync();
        var back = await page.PaneAsync(state => state is { State: "ready", Timeframe: "1h" });
        Assert.Equal(again.To, back.To);
    }

    [Fact]
    public async Task The_keyboard_is_enough()
    {
        var page = await OpenAsync(web.Address, "/chart?symbol=SPY&timeframe=1d");
        var start = await page.ReadyAsync();
        for (var presses = 0; !await page.EvaluateAsync<bool>("document.activeElement.matches('[data-plot]')"); presses++)
        {
            Assert.True(presses < 50, "The chart is not reached with Tab.");
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.PressAsync("PageUp");
        var moved = await page.PaneAsync(pane => pane.To < start.To);
        await page.Keyboard.PressAsync("+");
        await page.PaneAsync(pane => pane.Slots < moved.Slots);
        await page.Keyboard.PressAsync("Home");
        await page.PaneAsync(pane => pane.First == 0);
        await page.Keyboard.PressAsync("End");
        await page.PaneAsync(pane => pane.To == start.To);

        // Bar by bar, in words.
        await page.Keyboard.PressAsync("Shift+ArrowLeft");
        await Expect(page.Locator("[data-spoken]")).ToContainTextAsync("Tue, 31 Dec 2024, O 591.74");
        await page.Keyboard.PressAsync("Shift+ArrowLeft");
        await Expect(page.Locator("[data-spoken]")).ToContainTextAsync("Mon, 30 Dec 2024");

        await page.Keyboard.PressAsync("2");
        var minutes = await page.PaneAsync(pane => pane is { State: "ready", Timeframe: "5m" });
        Assert.Equal(PaneState.Time(start.To).Date, PaneState.Time(minutes.To).Date.AddDays(1));
        await page.Keyboard.PressAsync("b");
        await Expect(page.GetByLabel("Style")).ToHaveValueAsync("bars");
        await page.Keyboard.PressAsync("z");
        await Expect(page.GetByLabel("Time zone")).ToHaveValueAsync("local");
        await Expect(page.Locator("[data-legend]")).ToContainTextAsync("21:55"); // 15:55 in New York
        await page.Keyboard.PressAsync("v");
        await page.AddressHasAsync("volume=off");
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await page.CheckInBothThemesAsync("chart-keys");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("tsla");
        await Expect(page.Locator("#symbol-matches li")).ToHaveTextAsync(["TSLATesla, Inc. (synthetic sample)"]);
        await page.Keyboard.PressAsync("Enter");
        await page.PaneAsync(pane => pane is { State: "empty", Symbol: "TSLA", Timeframe: "5m" });
        await page.Keyboard.PressAsync("7");
        await page.PaneAsync(pane => pane is { State: "ready", Symbol: "TSLA", Timeframe: "1d" });
        await page.AddressHasAsync("symbol=TSLA&timeframe=1d&style=bars&zone=local&volume=off");
    }

    [Fact]
    public async Task Log_and_percent_scales_and_ratios_are_right()
    {
        var page = await OpenAsync(web.Address, "/chart?symbol=AAPL&timeframe=1d&bars=200&scale=log");
        await page.ReadyAsync();
        // On a logarithmic axis equal ratios have equal distances.
        var distances = await page.EvaluateAsync<double[]>(
            """
            () => {
              const { view } = document.querySelector('wyckoff-chart').panes[0];
              return [view.priceY(160) - view.priceY(180), view.priceY(180) - view.priceY(202.5)];
            }
            """
        );
        Assert.Equal(distances[0], distances[1], 6);
        await page.GetByLabel("Scale").SelectOptionAsync("percent");
        await Expect(page.GetByLabel("Scale")).ToHaveValueAsync("percent");
        var atBase = await page.EvaluateAsync<string>(
            """
            async () => {
              const pane = document.querySelector('wyckoff-chart').panes[0];
              pane.draw();
              return pane.view.valueAt(pane.view.priceY(pane.window.bars[pane.visible.from].close));
            }
            """
        );
        Assert.Equal("0 %", atBase);
        await page.CheckInBothThemesAsync("chart-percent");

        // The ratios are those that are stored.
        using var stored = JsonDocument.Parse(await web.Api.Client.GetStringAsync("/v1/bars/AAPL?timeframe=1d&last=50&fields=all", Token));
        var expected = stored
            .RootElement.GetProperty("bars")
            .EnumerateArray()
            .Select(bar => (bar.GetProperty("spreadRatio").GetDouble(), bar.GetProperty("volumeRatio").GetDouble()))
            .ToList();
        var shown = await page.EvaluateAsync<double[][]>(
            """
            async () => {
              const { ratiosOf } = await import('/chart/ratios.js');
              const { bars } = document.querySelector('wyckoff-chart').panes[0].window;
              return bars.slice(-50).map((_, i) => ratiosOf(bars, bars.length - 50 + i)).map(r => [r.spreadRatio, r.volumeRatio]);
            }
            """
        );
        Assert.Equal((50, 50), (shown.Length, expected.Count));
        foreach (var (ratios, (spread, volume)) in shown.Zip(expected))
        {
            // Stored ratios have four decimals.
            Assert.InRange(ratios[0] - spread, -0.0001, 0.0001);
            Assert.InRange(ratios[1] - volume, -0.0001, 0.0001);
        }
    }

    [Fact]
    public async Task A_second_chart_moves_along()
    {
        var page = await OpenAsync(web.Address, "/chart?symbol=SPY&timeframe=1d&bars=60");
        await page.ReadyAsync();
        await page.GetByText("Compare").ClickAsync();
        await page.GetByLabel("Second symbol").FillAsync("AAPL");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        await page.ReadyAsync(1);
        await page.AddressHasAsync("with=AAPL@1d");
        var plot = (await page.Locator("[data-plot]").First.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(plot.X + 300, plot.Y + 60);
        var first = await page.PaneAsync(pane => pane.Cross is not null);
        await page.PaneAsync(pane => pane.Cross == first.Cross, 1);
        await page.CheckInBothThemesAsync("chart-second");

        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(plot.X + 700, plot.Y + 60, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        var moved = await page.PaneAsync(pane => pane.To < first.To);
        await page.PaneAsync(pane => pane.To == moved.To && pane.From == moved.From, 1);

        // Another timeframe shows the same time.
        await page.GetByText("Compare").ClickAsync();
        await page.GetByLabel("Its timeframe").SelectOptionAsync("1w");
        await page.GetByLabel("Place").SelectOptionAsync("beside");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        var weeks = await page.PaneAsync(pane => pane is { State: "ready", Timeframe: "1w" }, 1);
        Assert.InRange(PaneState.Time(weeks.To), PaneState.Time(moved.To).AddDays(-7), PaneState.Time(moved.To).AddDays(7));
        await page.CheckInBothThemesAsync("chart-beside");
    }

    [Fact]
    public async Task The_visible_bars_are_a_table_and_a_picture()
    {
        var page = await OpenAsync(web.Address, "/chart?symbol=AAPL&timeframe=1w&bars=25&table=on&at=2024-09-01T00:00:00Z");
        await page.ReadyAsync();
        var table = page.GetByRole(AriaRole.Table);
        await Expect(table.GetByRole(AriaRole.Row)).ToHaveCountAsync(26);
        await Expect(table).ToContainTextAsync("AAPL 1w: 25 visible bars, newest first");
        await page.CheckInBothThemesAsync("chart-table");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "PNG" }).ClickAsync());
        Assert.Equal("AAPL-1w.png", download.SuggestedFilename);
        await using var file = await download.CreateReadStreamAsync();
        var head = new byte[24];
        await file.ReadExactlyAsync(head, Token);
        Assert.Equal("PNG"u8.ToArray(), head[1..4]);
        Assert.True(System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(16)) > 1000);
    }

    [Fact]
    public async Task Zooming_out_goes_on_with_coarser_bars()
    {
        var page = await OpenAsync(web.Address, "/chart?symbol=SPY&timeframe=1m&bars=1400");
        var minutes = await page.ReadyAsync();
        await page.Keyboard.PressAsync("-");
        await page.Keyboard.PressAsync("-");
        var coarse = await page.PaneAsync(pane => pane is { State: "ready", Timeframe: "5m" });
        Assert.Equal(minutes.To, coarse.To);
        Assert.InRange(
            coarse.From,
            minutes.From - (long)TimeSpan.FromDays(4).TotalMilliseconds,
            minutes.From + (long)TimeSpan.FromDays(1).TotalMilliseconds
        );
    }

    [Fact]
    public async Task Missing_bars_and_unknown_symbols_say_what_to_do()
    {
        var page = await OpenAsync(web.Address, "/chart?symbol=AAPL&timeframe=5m");
        await Expect(page.Locator("[data-message]")).ToContainTextAsync("There are no 5m bars of AAPL");
        await page.CheckInBothThemesAsync("chart-no-bars");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^1d: 2024-01-02") }).ClickAsync();
        await page.PaneAsync(pane => pane is { State: "ready", Timeframe: "1d" });

        await page.GotoAsync("/chart?symbol=SPYY");
        await Expect(page.Locator("[data-message]")).ToContainTextAsync("Similar: SPY");
        await page.CheckInBothThemesAsync("chart-unknown");
        await page.GetByRole(AriaRole.Link, new() { Name = "SPY", Exact = true }).ClickAsync();
        await page.ReadyAsync();
        Tolerate("404");
    }

    [Fact]
    public async Task Filled_bars_are_marked()
    {
        var page = await OpenAsync(web.Address, "/chart?symbol=SPY&timeframe=1h&fill=previous&bars=80");
        await page.ReadyAsync();
        await page.Locator("[data-plot]").FocusAsync();
        await page.Keyboard.PressAsync("PageUp");
        var spoken = page.Locator("[data-spoken]");
        for (var steps = 0; !(await spoken.InnerTextAsync()).Contains("filled: no bar is stored", StringComparison.Ordinal); steps++)
        {
            Assert.True(steps < 30);
            await page.Keyboard.PressAsync("Shift+ArrowLeft");
        }

        await page.CheckInBothThemesAsync("chart-filled");
        var unmarked = await page.EvaluateAsync<int>(
            """
            () => document.querySelector('wyckoff-chart').panes[0].window.bars
              .filter(bar => Boolean(bar.filled) !== (bar.volume === 0)).length
            """
        );
        Assert.Equal(0, unmarked);
    }

    private async Task ComputeIndicatorsAsync()
    {
        var updater = new IndicatorUpdater(web.Database.App, TimeProvider.System);
        foreach (var (ticker, timeframe) in await updater.FindBehindAsync([Timeframe.Hour1, Timeframe.Day1], 100, Token))
        {
            await updater.UpdateAsync(ticker, timeframe, Token);
        }
    }
}
