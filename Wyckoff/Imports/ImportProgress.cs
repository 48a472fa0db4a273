namespace Wyckoff.Imports;

/// <summary>How far an import is, for whoever watches it from another thread.</summary>
public sealed class ImportProgress
{
    private volatile ImportedFile? _current;
    private long _rows;
    private long _rejected;

    /// <summary>What is being imported; null before the first file.</summary>
    public ImportedFile? Current => _current;

    /// <summary>Rows of all files so far that are in the database or were rejected.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    public long Rejected => Interlocked.Read(ref _rejected);

    internal void Begin(ImportedFile file) => _current = file;

    internal void Add(long rows, long rejected)
    {
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _rejected, rejected);
    }
}

/// <summary>A file while it is imported.</summary>
/// <param name="path">As it was named.</param>
/// <param name="size">Its bytes; null when nobody knows.</param>
/// <param name="position">How many of them have been read.</param>
public sealed class ImportedFile(string path, long? size, Func<long> position)
{
    public string Path { get; } = path;

    public long? Size { get; } = size;

    public long BytesRead => position();
}
