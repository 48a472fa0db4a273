namespace Wyckoff.Indicators;

/// <summary>The result of an update of the indicators of one window.</summary>
/// <param name="Version">The version of the window that the indicators now correspond to.</param>
/// <param name="Full">True if the indicators of all bars were computed, not only those affected by changes.</param>
/// <param name="Computed">The number of bars whose indicators were computed.</param>
/// <param name="Written">The number of rows that were inserted or updated.</param>
/// <param name="Deleted">The number of rows that were deleted because their bar no longer exists.</param>
public sealed record IndicatorUpdate(long Version, bool Full, long Computed, long Written, long Deleted);
