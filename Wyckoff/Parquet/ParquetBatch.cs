namespace Wyckoff.Parquet;

/// <summary>Some rows of the requested columns. The next batch reuses the memory, so values have to be copied before.</summary>
public sealed class ParquetBatch
{
    /// <summary>The maximum number of rows in a batch.</summary>
    public const int MostRows = 4096;

    private readonly ParquetVector[] _vectors;

    internal ParquetBatch(IReadOnlyList<ParquetColumn> columns) => _vectors = [.. columns.Select(column => new ParquetVector(column))];

    /// <summary>The number of the first row in the file, from 0.</summary>
    public long FirstRow { get; internal set; }

    public int Count { get; internal set; }

    /// <summary>The values of a column, by its position among the requested columns.</summary>
    public ParquetVector this[int column] => _vectors[column];
}
