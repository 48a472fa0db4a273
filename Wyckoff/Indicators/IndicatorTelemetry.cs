using System.Diagnostics.Metrics;
using Wyckoff.Primitives;
using Wyckoff.Telemetry;

namespace Wyckoff.Indicators;

/// <summary>The metrics of the indicator updates.</summary>
public static class IndicatorTelemetry
{
    private static readonly Meter Meter = MarketDataMetrics.Meter;

    private static readonly Counter<long> Rows = Meter.CreateCounter<long>(
        "wyckoff.indicators.rows",
        "{row}",
        "Rows of indicators that were inserted, updated or deleted."
    );

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "wyckoff.indicators.update.duration",
        "s",
        "How long it took to bring the indicators of a ticker and timeframe up to date.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300] }
    );

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "wyckoff.indicators.failures",
        "{failure}",
        "Updates that failed; each is tried again."
    );

    private static readonly Gauge<int> Behind = Meter.CreateGauge<int>(
        "wyckoff.indicators.behind",
        "{window}",
        "Tickers and timeframes found with bars that the indicators do not know yet."
    );

    public static void Updated(Timeframe timeframe, long rows, TimeSpan time)
    {
        var tag = Of(timeframe);
        Rows.Add(rows, tag);
        Duration.Record(time.TotalSeconds, tag);
    }

    public static void Failed(Timeframe timeframe) => Failures.Add(1, Of(timeframe));

    public static void FoundBehind(int windows) => Behind.Record(windows);

    private static KeyValuePair<string, object?> Of(Timeframe timeframe) => new("wyckoff.timeframe", timeframe.Name);
}
