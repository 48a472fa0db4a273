namespace Wyckoff.Imports;

/// <summary>How far an import is, for whoever watches it from another thread.</summary>
public sealed class ImportProgress
{
    private Func<long>? _position;
    private long _rows;
    private long _rejected;

    /// <summary>What is being imported.</summary>
    public string File { get; private set; } = "";

    /// <summary>Bytes of it; null when nobody knows.</summary>
    public long? Size { get; private set; }

    public long BytesRead => _position?.Invoke() ?? 0;

    /// <summary>Rows of all files so far that are in the database or were rejected.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    public long Rejected => Interlocked.Read(ref _rejected);

    internal void Begin(string file, long? size, Func<long> position) => (File, Size, _position) = (file, size, position);

    internal void Add(long rows, long rejected)
    {
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _rejected, rejected);
    }
}
