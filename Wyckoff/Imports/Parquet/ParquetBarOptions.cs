namespace Wyckoff.Imports.Parquet;

/// <summary>How bars are read from a Parquet file.</summary>
public sealed record ParquetBarOptions
{
    /// <summary>
    /// Column names by field, for columns without a usual name. The fields are <c>timestamp</c>, <c>open</c>, <c>high</c>, <c>low</c>,
    /// <c>close</c>, <c>volume</c>, <c>vwap</c>, <c>trade_count</c>, <c>symbol</c> and <c>timeframe</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Rows with zero and negative prices are no rejects.</summary>
    public bool AllowsNegative { get; init; }

    /// <summary>How many decimals prices and volumes are rounded to, 0 to 8; null if they have to be exact.</summary>
    public int? Round { get; init; }
}
