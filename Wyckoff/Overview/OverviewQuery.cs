using Wyckoff.Primitives;

namespace Wyckoff.Overview;

/// <summary>Sort column of the overview.</summary>
public enum OverviewOrder
{
    Change,
    Price,
    Volume,
    Symbol,
}

/// <summary>Selects and sorts rows of the overview. Null means no filter.</summary>
/// <param name="By">Sort column.</param>
/// <param name="Descending">Greatest first. Rows without a value come last in either order.</param>
/// <param name="MinChange">Minimum change in 24 hours, in percent.</param>
/// <param name="MaxChange">Maximum change in 24 hours, in percent.</param>
/// <param name="AssetType">Asset type of the ticker: stock, etf, crypto, ….</param>
/// <param name="Search">Part of the symbol or the name, ignoring case.</param>
/// <param name="Symbols">The tickers to list.</param>
/// <param name="Limit">Maximum number of rows.</param>
public sealed record OverviewQuery(
    OverviewOrder By,
    bool Descending,
    decimal? MinChange,
    decimal? MaxChange,
    string? AssetType,
    string? Search,
    IReadOnlyList<Symbol>? Symbols,
    int Limit
)
{
    /// <summary>The last row of the previous page; null on the first page.</summary>
    public OverviewPosition? After { get; init; }
}

/// <summary>A row in the order of a query.</summary>
/// <param name="Value">The value of the sort column as text; null: the row has none.</param>
/// <param name="Symbol">The symbol, which orders rows with the same value.</param>
public readonly record struct OverviewPosition(string? Value, string Symbol);
