using Wyckoff.Imports.Opening;
using Wyckoff.Primitives;

namespace Wyckoff.Imports;

/// <summary>A file of bars in any format, read once from beginning to end.</summary>
internal abstract class BarFile : IAsyncDisposable
{
    /// <summary>What is expected of a number with too many decimals, and which option accepts it.</summary>
    public static readonly string TooPrecise = FixedPoint.Expected(NumberFault.TooPrecise) + " (--round N rounds to N digits)";

    /// <summary>Why a row is rejected that an answer with <c>fill</c> has put into a gap.</summary>
    public const string FillsGap = "filled is true: the row fills a gap and is no bar";

    /// <summary>Assumptions made about the file, and columns that are ignored. Complete after the first read.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>How the file is written. Known after the first read, even if that refused the rows; null before.</summary>
    public virtual FileLayout? Layout => null;

    /// <summary>How many bytes have been read; null where the position of the stream says so.</summary>
    public virtual long? Position => null;

    /// <summary>Adds some rows to the batch, at most until it is full; false at the end of the file.</summary>
    /// <exception cref="ImportRefusedException">No row of the file can be read.</exception>
    public abstract ValueTask<bool> ReadAsync(RowBatch batch, CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
