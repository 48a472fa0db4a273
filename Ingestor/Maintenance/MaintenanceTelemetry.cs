using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Wyckoff.Ingestor.Maintenance;

/// <summary>The traces and metrics of maintenance.</summary>
internal static class MaintenanceTelemetry
{
    public const string Name = "Wyckoff.Maintenance";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "wyckoff.maintenance.step.duration",
        "s",
        "How long a step took.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300] }
    );

    private static readonly Counter<long> DroppedChunks = Meter.CreateCounter<long>(
        "wyckoff.maintenance.dropped_chunks",
        "{chunk}",
        "Chunks dropped because they are older than the declared retention."
    );

    private static readonly Counter<long> DroppedRows = Meter.CreateCounter<long>(
        "wyckoff.maintenance.dropped_rows",
        "{row}",
        "Rows deleted because they are older than the declared retention, on editions without chunks."
    );

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "wyckoff.maintenance.failures",
        "{failure}",
        "Steps that failed; the next round retries them."
    );

    public static void Took(string step, TimeSpan time) => Duration.Record(time.TotalSeconds, Step(step));

    public static void Failed(string step) => Failures.Add(1, Step(step));

    public static void Dropped(string table, long count, bool chunks) =>
        (chunks ? DroppedChunks : DroppedRows).Add(count, new KeyValuePair<string, object?>("wyckoff.table", table));

    private static KeyValuePair<string, object?> Step(string step) => new("wyckoff.maintenance.step", step);
}
