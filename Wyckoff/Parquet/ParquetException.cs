namespace Wyckoff.Parquet;

/// <summary>A file that is no Parquet file, a damaged one, or one that uses what is not supported; the message says which, and where.</summary>
public sealed class ParquetException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The bytes ended too early: more of them may help.</summary>
    internal bool NeedsMore { get; init; }
}
