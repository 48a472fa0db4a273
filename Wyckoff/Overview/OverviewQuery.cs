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
/// <param name="Limit">Maximum number of rows.</param>
public sealed record OverviewQuery(OverviewOrder By, bool Descending, decimal? MinChange, decimal? MaxChange, string? AssetType, int Limit);
