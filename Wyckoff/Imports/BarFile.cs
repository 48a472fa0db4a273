namespace Wyckoff.Imports;

/// <summary>A file of bars in any format, read once from beginning to end.</summary>
internal abstract class BarFile : IAsyncDisposable
{
    /// <summary>Assumptions made about the file, and columns that are ignored. Complete after the first read.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>How many bytes have been read; null where the position of the stream says so.</summary>
    public virtual long? Position => null;

    /// <summary>Adds some rows to the batch, at most until it is full; false at the end of the file.</summary>
    /// <exception cref="ImportRefusedException">No row of the file can be read.</exception>
    public abstract ValueTask<bool> ReadAsync(RowBatch batch, CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
