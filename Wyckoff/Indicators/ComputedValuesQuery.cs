using Wyckoff.Primitives;

namespace Wyckoff.Indicators;

/// <summary>Which rows that belong to bars are wanted.</summary>
/// <param name="Table">Where they are.</param>
/// <param name="Columns">What of them, as SQL; the time, and the version where there are several, come before.</param>
/// <param name="Symbol">Whose.</param>
/// <param name="Timeframe">Of which bars.</param>
/// <param name="From">From here on, the first; null means the newest.</param>
/// <param name="To">Up to here, not included.</param>
/// <param name="Limit">At most so many.</param>
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
    /// <summary>Only of this version; null means all.</summary>
    public string? Version { get; init; }

    /// <summary>Only what comes after this time, and after this version of the same.</summary>
    public (DateTimeOffset Timestamp, string Version)? After { get; init; }
}
