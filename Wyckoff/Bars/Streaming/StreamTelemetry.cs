using System.Diagnostics.Metrics;
using Wyckoff.Primitives;
using Wyckoff.Telemetry;

namespace Wyckoff.Bars.Streaming;

/// <summary>The metrics of bar streams.</summary>
internal static class StreamTelemetry
{
    private static readonly Meter Meter = MarketDataMetrics.Meter;

    private static readonly UpDownCounter<long> Readers = Meter.CreateUpDownCounter<long>(
        "wyckoff.streams.readers",
        "{reader}",
        "Open streams."
    );

    private static readonly Counter<long> Ends = Meter.CreateCounter<long>(
        "wyckoff.streams.ends",
        "{reader}",
        "Streams that ended, by reason: left, slow, gone, stopping; full: refused because of the maximum."
    );

    private static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "wyckoff.streams.events",
        "{event}",
        "Events sent to all clients together."
    );

    private static readonly Counter<long> Frames = Meter.CreateCounter<long>(
        "wyckoff.streams.frames",
        "{event}",
        "Events read and rendered, by kind: bars, snapshot. Clients share rendered events."
    );

    private static readonly Counter<long> Reads = Meter.CreateCounter<long>(
        "wyckoff.streams.reads",
        "{transaction}",
        "Transactions that read changes for streams."
    );

    private static readonly Counter<long> Missed = Meter.CreateCounter<long>(
        "wyckoff.streams.missed",
        "{version}",
        "Versions that polling found before Redis announced them."
    );

    private static readonly Histogram<double> Lag = Meter.CreateHistogram(
        "wyckoff.streams.lag",
        "s",
        "Time from the commit of a change until it was sent, by the clocks of database and service.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60],
        }
    );

    internal static void Opened() => Readers.Add(1);

    internal static void Closed(StreamEnd end)
    {
        Readers.Add(-1);
        Ends.Add(1, new KeyValuePair<string, object?>("wyckoff.streams.reason", end == StreamEnd.None ? "left" : EnumText.Of(end)));
    }

    internal static void Refused() => Ends.Add(1, new KeyValuePair<string, object?>("wyckoff.streams.reason", "full"));

    internal static void Sent(int events, TimeSpan? lag)
    {
        Events.Add(events);
        if (lag is { } span)
        {
            Lag.Record(Math.Max(0, span.TotalSeconds));
        }
    }

    internal static void Rendered(string kind) => Frames.Add(1, new KeyValuePair<string, object?>("wyckoff.streams.kind", kind));

    internal static void Read() => Reads.Add(1);

    internal static void FoundByPolling() => Missed.Add(1);
}
