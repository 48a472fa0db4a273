using Wyckoff.Primitives;

namespace Wyckoff.Indicators;

/// <summary>A query for values that were computed from bars.</summary>
/// <param name="Table">The table that holds the values.</param>
/// <param name="Columns">SQL expressions to select, in addition to the timestamp and the version column of the table.</param>
/// <param name="Symbol">The ticker of the bars.</param>
/// <param name="Timeframe">The timeframe of the bars.</param>
/// <param name="From">The earliest timestamp, to read the oldest rows first; null to read the newest rows.</param>
/// <param name="To">The end of the range, exclusive.</param>
/// <param name="Limit">The maximum number of rows.</param>
public sealed record ComputedValuesQuery(
    ComputedValuesTable Table,
    IReadOnlyList<string> Columns,
    Symbol Symbol,
    Timeframe Timeframe,
    DateTimeOffset? From,
    DateTimeOffset To,
    int Limit
)
{
    /// <summary>Selects rows of this version only; null selects all versions.</summary>
    public string? Version { get; init; }

    /// <summary>The last row of the previous page; only rows after it are selected.</summary>
    public (DateTimeOffset Timestamp, string Version)? After { get; init; }
}
