namespace Wyckoff.Imports;

/// <summary>The progress of an import. Safe to read from other threads.</summary>
public sealed class ImportProgress
{
    private volatile ImportedFile? _current;
    private long _rows;
    private long _rejected;

    /// <summary>The file that is being imported; null before the first one.</summary>
    public ImportedFile? Current => _current;

    /// <summary>Rows of all files so far that were written or rejected.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    public long Rejected => Interlocked.Read(ref _rejected);

    internal void Begin(ImportedFile file) => _current = file;

    internal void Add(long rows, long rejected)
    {
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _rejected, rejected);
    }
}

/// <summary>A file that is being imported.</summary>
/// <param name="path">The path or name under which it is imported.</param>
/// <param name="size">Its size in bytes; null if unknown.</param>
/// <param name="position">Returns how many bytes have been read.</param>
public sealed class ImportedFile(string path, long? size, Func<long> position)
{
    public string Path { get; } = path;

    public long? Size { get; } = size;

    public long BytesRead => position();
}
