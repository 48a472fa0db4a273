using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Wyckoff.Tests.Api;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Chart;

/// <summary>Charts of bars that change, in a database of their own.</summary>
public sealed class LiveChartTests(Chromium chromium, TestDatabase database) : WebTestBase(chromium), IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 0, 0, 0, TimeSpan.Zero);

    private ListeningApi _api = null!;
    private WebServer _web = null!;

    public override async ValueTask InitializeAsync()
    {
        _api = await ListeningApi.StartAsync(database.AppConnection);
        _web = await WebServer.StartAsync(_api.Address);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _web.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task An_imported_bar_appears_and_disappears_with_its_undoing()
    {
        await ImportAsync("PUSH", 0, 300);
        var page = await OpenAsync(_web.Address, "/chart?symbol=PUSH&timeframe=1m&bars=50");
        var before = await page.ReadyAsync();
        var canvas = page.Locator("[data-plot] canvas");
        var old = await canvas.ScreenshotAsync();

        var import = await ImportAsync("PUSH", 300, 5);
        var after = await page.PaneAsync(pane => pane.To == before.To + 5 * 60_000);
        Assert.Equal((before.Bars + 5, true), (after.Bars, after.AtEnd));
        await Expect(page.Locator("[data-legend]")).ToContainTextAsync("05:04");
        await Eventually.GetAsync(() => canvas.ScreenshotAsync(), now => !now.SequenceEqual(old), _ => "the same pixels");

        using var undone = await _api.Client.DeleteAsync(import, Token);
        Assert.Equal(HttpStatusCode.OK, undone.StatusCode);
        await page.PaneAsync(pane => pane.To == before.To && pane.Bars == before.Bars);

        // A folded timeframe is read anew.
        await page.Keyboard.PressAsync("8");
        await page.PaneAsync(pane => pane is { State: "ready", Timeframe: "1w", IsLive: true });
        await ImportAsync("PUSH", 9 * 1440, 2);
        await page.PaneAsync(pane => pane is { Timeframe: "1w", Bars: 2 });
    }

    [Fact]
    public async Task Moving_back_over_ten_thousand_bars_has_no_duplicate_and_no_gap()
    {
        const int all = 16_000;
        await ImportAsync("LONG", 0, all);
        var page = await OpenAsync(_web.Address, "/chart?symbol=LONG&timeframe=1m&bars=400");
        await page.ReadyAsync();
        // Every state of the window is looked at when it is drawn.
        await page.EvaluateAsync(
            """
            () => {
              const pane = document.querySelector('wyckoff-chart').panes[0];
              window.seen = { faults: [], times: new Set(), most: 0 };
              const look = () => {
                const { bars } = pane.window;
                seen.most = Math.max(seen.most, bars.length);
                for (let i = 1; i < bars.length; i++) {
                  if (bars[i].time !== bars[i - 1].time + 60_000) {
                    seen.faults.push([bars[i - 1].time, bars[i].time]);
                  }
                }
                bars.slice(pane.visible.from, pane.visible.to).forEach(bar => seen.times.add(bar.time));
              };
              const draw = pane.draw.bind(pane);
              pane.draw = () => { draw(); look(); };
            }
            """
        );
        await page.Locator("[data-plot]").FocusAsync();
        var target = Start.AddMinutes(all - 12_000).ToUnixTimeMilliseconds();
        var inserted = false;
        for (var pane = await page.ReadyAsync(); pane.From > target; )
        {
            await page.Keyboard.PressAsync("PageUp");
            var from = pane.From;
            pane = await page.PaneAsync(state => state.From < from);
            if (!inserted && pane.From < Start.AddMinutes(all - 6_000).ToUnixTimeMilliseconds())
            {
                // New bars meanwhile, while the newest ones may have been dropped.
                await ImportAsync("LONG", all, 10);
                inserted = true;
            }
        }

        await page.Keyboard.PressAsync("End");
        var end = await page.PaneAsync(pane => pane.To == Start.AddMinutes(all + 10).ToUnixTimeMilliseconds());
        Assert.True(end.AtEnd);
        var seen = await page.EvaluateAsync<JsonElement>("() => ({ faults: seen.faults, most: seen.most, seen: seen.times.size })");
        Assert.Equal("[]", seen.GetProperty("faults").GetRawText());
        Assert.InRange(seen.GetProperty("most").GetInt32(), 1_000, 6_500);
        Assert.InRange(seen.GetProperty("seen").GetInt32(), 10_000, all + 10);
    }

    [Fact]
    public async Task Gaps_are_marked()
    {
        // Ten days with all minutes of a session, and a day on which forty are missing.
        var minutes = Enumerable
            .Range(0, 11)
            .SelectMany(day =>
                Enumerable.Range(0, 120).Where(minute => day != 8 || minute is < 40 or >= 80).Select(minute => day * 1440 + 600 + minute)
            );
        await ImportAsync("GAPS", minutes);
        var page = await OpenAsync(_web.Address, "/chart?symbol=GAPS&timeframe=1m&bars=300&at=2024-03-14T00:00:00Z");
        await page.ReadyAsync();
        var missing = await Eventually.GetAsync(
            () => page.EvaluateAsync<int>("document.querySelector('wyckoff-chart').panes[0].gaps.reduce((sum, gap) => sum + gap.bars, 0)"),
            bars => bars > 0
        );
        Assert.Equal(40, missing);
        await page.CheckInBothThemesAsync("chart-gaps");
    }

    [Fact]
    public async Task The_window_of_bars_always_equals_a_part_of_all_bars()
    {
        var page = await OpenAsync(_web.Address, "/sign-in");
        // Random pages, changes and versions, against the plain list of all bars.
        var faults = await page.EvaluateAsync<string[]>(
            """
            async () => {
              const { BarWindow } = await import('/chart/window.js');
              let seed = 20261130;
              const random = n => Math.floor((seed = (seed * 48271) % 2147483647) / 2147483647 * n);
              const faults = [];
              for (let round = 0; round < 60; round++) {
                let version = 1;
                let all = Array.from({ length: 400 }, (_, i) => i).filter(() => random(5) > 0).map(time => ({ time, close: version }));
                const history = [[version, all]];
                const pending = [];
                const change = () => {
                  version++;
                  const from = random(420), to = from + 1 + random(6);
                  const bars = [];
                  for (let time = from; time < to; time++) if (random(3) > 0) bars.push({ time, close: version });
                  all = [...all.filter(bar => bar.time < from || bar.time >= to), ...bars].sort((a, b) => a.time - b.time);
                  history.push([version, all]);
                  pending.push({ version, ranges: [{ from, to }], bars });
                };
                const old = () => history[history.length - 1 - random(Math.min(3, history.length))];
                const window = new BarWindow(100);
                const [v, start] = old();
                window.reset(start.slice(-50), { version: v, atStart: false, atEnd: true });
                for (let step = 0; step < 80; step++) {
                  const [version, bars] = old();
                  switch (random(4)) {
                    case 0: change(); break;
                    case 1: while (pending.length) { const c = pending.shift(); if (c.version > window.version) window.apply(c); } break;
                    case 2:
                      if (!window.atStart && window.first && version >= v && window.canUpdate(version)) {
                        const older = bars.filter(bar => bar.time < window.first.time).slice(-20);
                        window.prepend(older, version, older.length < 20);
                        window.trim(0, 30);
                      }
                      break;
                    case 3:
                      if (!window.atEnd && window.last && version >= v && window.canUpdate(version)) {
                        const newer = bars.filter(bar => bar.time >= window.last.time).slice(0, 20);
                        window.append(newer, version, newer.length < 20);
                        window.trim(window.bars.length - 30, window.bars.length);
                      }
                      break;
                  }
                }
                while (pending.length) { const c = pending.shift(); if (c.version > window.version) window.apply(c); }
                const [low, high] = [window.atStart ? -1 : window.first?.time, window.atEnd ? 1000 : window.last?.time];
                const expected = all.filter(bar => bar.time >= low && bar.time <= high);
                const text = bars => bars.map(bar => `${bar.time}:${bar.close}`).join(' ');
                if (text(window.bars) !== text(expected)) faults.push(`round ${round}: ${text(window.bars)} | ${text(expected)}`);
              }
              return faults;
            }
            """
        );
        Assert.Empty(faults);
    }

    private Task<Uri> ImportAsync(string symbol, int from, int count) => ImportAsync(symbol, Enumerable.Range(from, count));

    private async Task<Uri> ImportAsync(string symbol, IEnumerable<int> minutes)
    {
        var csv = new StringBuilder("timestamp,open,high,low,close,volume\n");
        foreach (var minute in minutes)
        {
            var open = 100 + 10 * Math.Sin(minute / 97.0) + Math.Sin(minute / 7.0);
            var close = 100 + 10 * Math.Sin((minute + 1) / 97.0) + Math.Sin((minute + 1) / 7.0);
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{Start.AddMinutes(minute):yyyy-MM-ddTHH:mm:ssZ},{open:0.00},{Math.Max(open, close) + 0.2:0.00},"
            );
            csv.Append(CultureInfo.InvariantCulture, $"{Math.Min(open, close) - 0.2:0.00},{close:0.00},{500 + minute % 90}\n");
        }

        using var file = new StringContent(csv.ToString(), Encoding.UTF8, "text/csv");
        using var answer = await _api.Client.PostAsync($"/v1/imports?symbol={symbol}&timeframe=1m&tickerTimezone=UTC", file, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return answer.Headers.Location!;
    }
}
