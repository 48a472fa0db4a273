using System.Diagnostics.Metrics;
using Wyckoff.Telemetry;

namespace Wyckoff.Live;

/// <summary>The metrics of live streams.</summary>
internal static class LiveTelemetry
{
    private static readonly Meter Meter = MarketDataMetrics.Meter;

    private static readonly Gauge<int> Connected = Meter.CreateGauge<int>(
        "wyckoff.live.connected",
        "{connection}",
        "1 while the stream is connected, else 0."
    );

    private static readonly Counter<long> Received = Meter.CreateCounter<long>(
        "wyckoff.live.bars.received",
        "{bar}",
        "Bars received, by kind: bar, update, daily, trades (built here)."
    );

    private static readonly Counter<long> Written = Meter.CreateCounter<long>("wyckoff.live.bars.written", "{bar}", "Bars committed.");

    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>(
        "wyckoff.live.rejected",
        "{message}",
        "Messages and bars that were rejected, by reason."
    );

    private static readonly Counter<long> Ends = Meter.CreateCounter<long>(
        "wyckoff.live.disconnects",
        "{connection}",
        "Connections that ended or could not be opened, by reason."
    );

    private static readonly Counter<long> Repairs = Meter.CreateCounter<long>(
        "wyckoff.live.repairs",
        "{repair}",
        "Ranges fetched from the provider to repair gaps, by outcome."
    );

    private static readonly Gauge<int> Queue = Meter.CreateGauge<int>(
        "wyckoff.live.queue",
        "{bar}",
        "Bars received and not yet committed."
    );

    private static readonly Histogram<double> Latency = Meter.CreateHistogram(
        "wyckoff.live.latency",
        "s",
        "Time from the arrival of a bar to its commit.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10, 60, 300] }
    );

    public static void RecordConnected(bool connected) => Connected.Record(connected ? 1 : 0);

    public static void RecordReceived(string kind, int count = 1) =>
        Received.Add(count, new KeyValuePair<string, object?>("wyckoff.live.kind", kind));

    public static void RecordWritten(int bars) => Written.Add(bars);

    public static void RecordReject(string reason, int count = 1) => Rejected.Add(count, Reason(reason));

    public static void RecordEnd(LiveStreamFault fault) => Ends.Add(1, Reason(fault.ToString().ToLowerInvariant()));

    public static void RecordRepair(bool succeeded) =>
        Repairs.Add(1, new KeyValuePair<string, object?>("wyckoff.live.outcome", succeeded ? "success" : "failure"));

    public static void RecordQueue(int bars) => Queue.Record(bars);

    public static void RecordLatency(TimeSpan time) => Latency.Record(time.TotalSeconds);

    private static KeyValuePair<string, object?> Reason(string reason) => new("wyckoff.live.reason", reason);
}
