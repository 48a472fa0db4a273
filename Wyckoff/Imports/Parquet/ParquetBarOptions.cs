using Wyckoff.Primitives;

namespace Wyckoff.Imports.Parquet;

/// <summary>How bars are read from a Parquet file.</summary>
public sealed record ParquetBarOptions
{
    /// <summary>
    /// Column names by field, for columns without a usual name. The fields are <c>timestamp</c>, <c>open</c>, <c>high</c>, <c>low</c>,
    /// <c>close</c>, <c>volume</c>, <c>vwap</c>, <c>trade_count</c> and <c>symbol</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The expected timeframe: rows whose column <c>timeframe</c> has another one are rejected.</summary>
    public Timeframe? Timeframe { get; init; }

    /// <summary>Rows with zero and negative prices are no rejects.</summary>
    public bool AllowsNegative { get; init; }
}
