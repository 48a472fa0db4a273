using System.Diagnostics.Metrics;

namespace Wyckoff.Telemetry;

/// <summary>Metrics of reading bars.</summary>
public static class ReadMetrics
{
    private static readonly Counter<long> Lookups = MarketDataMetrics.Meter.CreateCounter<long>(
        "wyckoff.cache.lookups",
        "{lookup}",
        "Lookups of recent bars, by where they were found: process, redis, or database when they had to be read."
    );

    private static readonly Histogram<double> Rebuilds = MarketDataMetrics.Meter.CreateHistogram(
        "wyckoff.cache.rebuild.duration",
        "s",
        "How long it took to read recent bars from the database and store them in the caches.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
        }
    );

    private static readonly Histogram<double> Staleness = MarketDataMetrics.Meter.CreateHistogram(
        "wyckoff.cache.staleness",
        "s",
        "How long recent bars had been in the process cache when a read found that they are outdated.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 3600] }
    );

    private static readonly Counter<long> RedisFailures = MarketDataMetrics.Meter.CreateCounter<long>(
        "wyckoff.cache.redis.failures",
        "{failure}",
        "Requests to Redis that failed or took too long."
    );

    public static void Found(string where) => Lookups.Add(1, new KeyValuePair<string, object?>("wyckoff.cache.layer", where));

    public static void Rebuilt(TimeSpan took) => Rebuilds.Record(took.TotalSeconds);

    public static void Outdated(TimeSpan after) => Staleness.Record(after.TotalSeconds);

    public static void RedisFailed() => RedisFailures.Add(1);
}
