using System.Diagnostics.Metrics;

namespace Wyckoff.Telemetry;

/// <summary>The meter of market data, with the metrics of providers, syncs and feeds.</summary>
public static class MarketDataMetrics
{
    public const string Name = "Wyckoff.MarketData";

    internal static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "wyckoff.provider.requests",
        "{request}",
        "Requests to providers, by outcome: ok, throttled, server_error, refused, timeout, network, malformed."
    );

    private static readonly Counter<long> Errors = Meter.CreateCounter<long>(
        "wyckoff.provider.errors",
        "{error}",
        "Requests to providers that brought nothing of use."
    );

    private static readonly Counter<long> Fetched = Meter.CreateCounter<long>("wyckoff.sync.bars", "{bar}", "Bars that providers sent.");

    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>(
        "wyckoff.sync.rejected",
        "{bar}",
        "Bars of providers that break a rule."
    );

    private static readonly Counter<long> Runs = Meter.CreateCounter<long>(
        "wyckoff.sync.runs",
        "{run}",
        "Sync runs that asked a provider, by outcome."
    );

    private static readonly Histogram<double> Lag = Meter.CreateHistogram(
        "wyckoff.sync.lag",
        "s",
        "How old the newest stored bar was at the end of a sync of a feed.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [60, 120, 300, 900, 3600, 14_400, 86_400, 345_600, 864_000] }
    );

    private static readonly Gauge<long> Due = Meter.CreateGauge<long>(
        "wyckoff.feeds.due",
        "{feed}",
        "Feeds that are due and that no instance works on."
    );

    public static void ProviderRequest(string provider, string outcome) => Requests.Add(1, Provider(provider), Outcome(outcome));

    public static void ProviderError(string provider, string outcome)
    {
        ProviderRequest(provider, outcome);
        Errors.Add(1, Provider(provider), Outcome(outcome));
    }

    public static void SyncPage(string provider, int fetched, int rejected)
    {
        Fetched.Add(fetched, Provider(provider));
        Rejected.Add(rejected, Provider(provider));
    }

    public static void SyncEnded(string provider, string outcome) => Runs.Add(1, Provider(provider), Outcome(outcome));

    public static void FeedLag(string provider, string timeframe, TimeSpan lag) =>
        Lag.Record(lag.TotalSeconds, Provider(provider), new("wyckoff.timeframe", timeframe));

    public static void FeedsDue(long count) => Due.Record(count);

    private static KeyValuePair<string, object?> Provider(string name) => new("wyckoff.provider", name);

    private static KeyValuePair<string, object?> Outcome(string name) => new("wyckoff.outcome", name);
}
