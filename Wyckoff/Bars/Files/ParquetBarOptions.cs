using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

public sealed record ParquetBarOptions
{
    /// <summary>Which column holds which field (<c>timestamp</c>, <c>open</c>, <c>high</c>, <c>low</c>, <c>close</c>, <c>volume</c>, <c>vwap</c>, <c>trade_count</c>, <c>symbol</c>), where the names do not tell.</summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where the file has a column <c>timeframe</c>: rows of another are rejected.</summary>
    public Timeframe? Timeframe { get; init; }
}
