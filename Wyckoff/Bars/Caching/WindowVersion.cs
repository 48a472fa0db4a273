namespace Wyckoff.Bars.Caching;

/// <summary>Which state of the bars of a ticker and timeframe was read.</summary>
/// <param name="Version">0 when nobody has counted.</param>
/// <param name="ChangedAt">When it came about: microseconds since 1970.</param>
public readonly record struct WindowVersion(long Version, long ChangedAt);
