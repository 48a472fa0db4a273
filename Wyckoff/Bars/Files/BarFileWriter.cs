using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>Writes stored bars to a file, or to whatever takes bytes: nothing of it seeks.</summary>
public abstract class BarFileWriter : IDisposable
{
    /// <summary>A writer of the format; the output stays the caller's.</summary>
    public static BarFileWriter Create(BarFileFormat format, Stream output) =>
        format switch
        {
            BarFileFormat.Csv => new CsvBarWriter(output),
            BarFileFormat.Parquet => new ParquetBarWriter(output),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "csv or parquet was expected."),
        };

    public abstract ValueTask WriteAsync(Symbol symbol, Timeframe timeframe, OhlcvBar bar, CancellationToken cancellationToken);

    /// <summary>Writes what is left. Without it the file is not whole.</summary>
    public abstract Task FinishAsync(CancellationToken cancellationToken);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) { }
}
