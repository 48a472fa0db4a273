using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>
/// Writes bars as CSV or Parquet, for exports and for HTTP responses. A file has the columns <c>symbol</c>, <c>timeframe</c>,
/// <c>timestamp</c> and the fields in the order of <see cref="BarColumns"/>, and can therefore be imported as it is. The output need
/// not seek.
/// </summary>
public abstract class BarFileWriter : IDisposable
{
    /// <summary>Creates a writer of all fields to a stream, which stays open.</summary>
    public static BarFileWriter Create(BarFormat format, Stream output) =>
        format switch
        {
            BarFormat.Csv => new CsvBarWriter(output, BarFields.All),
            BarFormat.Parquet => new ParquetBarWriter(output, BarFields.All),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "csv or parquet was expected."),
        };

    /// <summary>Sets the symbol and the timeframe of the bars that follow.</summary>
    public abstract void Begin(Symbol symbol, BarPeriod period);

    public abstract void Add(in BarRow row);

    /// <summary>
    /// Passes the added bars on to the output once they are enough for an efficient write. To be called every few hundred bars.
    /// </summary>
    /// <returns>False when nobody reads the output any more.</returns>
    public abstract ValueTask<bool> FlushAsync(CancellationToken cancellationToken);

    /// <summary>Writes the rest. Without this call the file is incomplete.</summary>
    public abstract ValueTask FinishAsync(CancellationToken cancellationToken);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) { }
}
