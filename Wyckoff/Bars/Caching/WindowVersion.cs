namespace Wyckoff.Bars.Caching;

/// <summary>The version of a window.</summary>
/// <param name="Version">Increases with each transaction that changes bars of the window; 0 when it is unknown.</param>
/// <param name="ChangedAt">When the window got this version, in microseconds since 1970.</param>
public readonly record struct WindowVersion(long Version, long ChangedAt);
