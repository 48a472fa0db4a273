using System.Diagnostics.Metrics;
using Wyckoff.Bars.Writing;
using Wyckoff.Telemetry;

namespace Wyckoff.Imports;

/// <summary>The metrics of imports.</summary>
internal static class ImportTelemetry
{
    private static readonly Meter Meter = MarketDataMetrics.Meter;

    private static readonly Counter<long> Rows = Meter.CreateCounter<long>(
        "wyckoff.import.rows",
        "{row}",
        "Rows of files that were imported, by what became of them."
    );

    public static void Wrote(BarWriteResult written)
    {
        Add(written.Inserted, "inserted");
        Add(written.Updated, "updated");
        Add(written.Skipped, "skipped");
        Add(written.Duplicates, "duplicate");
    }

    public static void Rejected(long rows) => Add(rows, "rejected");

    private static void Add(long rows, string outcome)
    {
        if (rows > 0)
        {
            Rows.Add(rows, new KeyValuePair<string, object?>("wyckoff.import.outcome", outcome));
        }
    }
}
