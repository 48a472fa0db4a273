namespace Wyckoff.Imports;

/// <summary>A file of bars, whatever its format, that is read once from its beginning to its end.</summary>
internal abstract class BarFile : IAsyncDisposable
{
    /// <summary>What whoever imports should know. Complete once something was read.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>How far its bytes have been read, where that is not to be seen from the stream.</summary>
    public virtual long? Position => null;

    /// <summary>Adds rows to the batch, until it is full or for a while; false when there are no more.</summary>
    /// <exception cref="ImportRefusedException">Nothing of the file can be read.</exception>
    public abstract ValueTask<bool> ReadAsync(RowBatch batch, CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
