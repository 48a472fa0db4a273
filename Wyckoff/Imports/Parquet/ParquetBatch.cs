namespace Wyckoff.Imports.Parquet;

/// <summary>Some rows of the columns that were asked for. The next batch takes its place: what is to be kept of it is copied out.</summary>
public sealed class ParquetBatch
{
    public const int MostRows = 4096;

    private readonly ParquetVector[] _vectors;

    internal ParquetBatch(IReadOnlyList<ParquetColumn> columns) => _vectors = [.. columns.Select(column => new ParquetVector(column))];

    /// <summary>The number of its first row in the file, from 0.</summary>
    public long FirstRow { get; internal set; }

    public int Count { get; internal set; }

    /// <summary>The values of the column that was asked for at this place.</summary>
    public ParquetVector this[int column] => _vectors[column];
}
