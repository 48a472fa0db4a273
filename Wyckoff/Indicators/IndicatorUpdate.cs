namespace Wyckoff.Indicators;

/// <summary>What an update of the indicators of a ticker and timeframe did.</summary>
/// <param name="Version">The version of the bars they are computed for now.</param>
/// <param name="Full">All of them were computed, not only those that a change reaches.</param>
/// <param name="Computed">For how many bars.</param>
/// <param name="Written">How many rows were not there, or not the same.</param>
/// <param name="Deleted">How many rows had lost their bar.</param>
public sealed record IndicatorUpdate(long Version, bool Full, long Computed, long Written, long Deleted);
