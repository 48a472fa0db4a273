using System.Diagnostics;

namespace Wyckoff.Telemetry;

/// <summary>Spans of the work on market data: what a service does by itself has no request above it, and would be loose statements without them.</summary>
internal static class MarketDataTraces
{
    private static readonly ActivitySource Source = new(MarketDataMetrics.Name);

    public static Activity? Import(string file) => Source.StartActivity("import")?.SetTag("wyckoff.import.file", file);

    public static Activity? Sync(string provider, string symbol, string timeframe) => Source.StartActivity("sync")
        ?.SetTag("wyckoff.provider", provider).SetTag("wyckoff.symbol", symbol).SetTag("wyckoff.timeframe", timeframe);

    public static Activity? WriteLive(int bars) => Source.StartActivity("write live bars")?.SetTag("wyckoff.live.bars", bars);

    public static Activity? UpdateIndicators() => Source.StartActivity("indicators");
}
