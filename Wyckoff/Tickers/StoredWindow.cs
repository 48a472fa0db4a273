using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>
/// The window of a ticker in one timeframe. All bars lie in [<paramref name="Since"/>, <paramref name="Until"/>); null bounds are unknown.
/// </summary>
public sealed record StoredWindow(Timeframe Timeframe, long Version, DateTimeOffset? Since, DateTimeOffset? Until);
