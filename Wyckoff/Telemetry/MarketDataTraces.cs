using System.Diagnostics;

namespace Wyckoff.Telemetry;

/// <summary>Spans of work on market data. For work outside HTTP requests, such as a scheduled sync, the span starts a trace.</summary>
internal static class MarketDataTraces
{
    private static readonly ActivitySource Source = new(MarketDataMetrics.Name);

    public static Activity? Import(string file) => Source.StartActivity("import")?.SetTag("wyckoff.import.file", file);

    public static Activity? Undo(long import) => Source.StartActivity("undo import")?.SetTag("wyckoff.import.id", import);

    public static Activity? Sync(string provider, string symbol, string timeframe) =>
        Source
            .StartActivity("sync")
            ?.SetTag("wyckoff.provider", provider)
            .SetTag("wyckoff.symbol", symbol)
            .SetTag("wyckoff.timeframe", timeframe);

    public static Activity? WriteLive(int bars) => Source.StartActivity("write live bars")?.SetTag("wyckoff.live.bars", bars);

    public static Activity? UpdateIndicators() => Source.StartActivity("indicators");
}
