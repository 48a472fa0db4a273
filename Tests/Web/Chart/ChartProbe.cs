using System.Text.Json;
using Microsoft.Playwright;

namespace Wyckoff.Tests.Web.Chart;

/// <summary>What the chart's own model says about one of its panes.</summary>
internal sealed record PaneState(
    string State,
    string Symbol,
    string Timeframe,
    int Bars,
    int First,
    int Slots,
    bool AtStart,
    bool AtEnd,
    bool IsLive,
    long From,
    long To,
    long? Cross
)
{
    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}

/// <summary>Reads the model of the chart on a page.</summary>
internal static class ChartProbe
{
    private const string Read = """
        () => (document.querySelector('wyckoff-chart')?.panes ?? []).map(pane => ({
          state: pane.state, symbol: pane.symbol, timeframe: pane.timeframe.id, bars: pane.window.bars.length, first: pane.first,
          slots: pane.slots, atStart: pane.window.atStart, atEnd: pane.window.atEnd, isLive: pane.isLive,
          from: pane.range?.from ?? 0, to: pane.range?.to ?? 0, cross: pane.window.bars[pane.cross]?.time ?? null,
        }))
        """;

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static async Task<PaneState[]> PanesAsync(this IPage page) =>
        (await page.EvaluateAsync<JsonElement>(Read)).Deserialize<PaneState[]>(Web)!;

    public static async Task<PaneState> PaneAsync(this IPage page, Func<PaneState, bool> isDone, int index = 0) =>
        (
            await Eventually.GetAsync(
                page.PanesAsync,
                panes => panes.Length > index && isDone(panes[index]),
                panes => string.Join<PaneState>('\n', panes)
            )
        )[index];

    /// <summary>Waits until a pane shows bars, is connected, and has read all it wants to.</summary>
    public static Task<PaneState> ReadyAsync(this IPage page, int index = 0) =>
        page.PaneAsync(pane => pane is { State: "ready", IsLive: true }, index);

    /// <summary>The address of the page with the state of the chart, as soon as it has a part.</summary>
    public static Task AddressHasAsync(this IPage page, string part) =>
        Eventually.GetAsync(() => Task.FromResult(page.Url), url => Uri.UnescapeDataString(url).Contains(part, StringComparison.Ordinal));
}
