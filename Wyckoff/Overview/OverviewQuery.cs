namespace Wyckoff.Overview;

/// <summary>What the overview is sorted by.</summary>
public enum OverviewOrder
{
    Change,
    Price,
    Volume,
    Symbol,
}

/// <summary>Which part of the overview is wanted; null means all.</summary>
/// <param name="By">What it is sorted by.</param>
/// <param name="Descending">The greatest first. Those of which it is not known come last in any case.</param>
/// <param name="MinChange">Percent in 24 hours, at least.</param>
/// <param name="MaxChange">Percent in 24 hours, at most.</param>
/// <param name="AssetType">stock, etf, crypto …</param>
/// <param name="Limit">At most so many.</param>
public sealed record OverviewQuery(OverviewOrder By, bool Descending, decimal? MinChange, decimal? MaxChange, string? AssetType, int Limit);
