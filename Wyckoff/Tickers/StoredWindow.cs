using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>What is stored of a ticker in one timeframe: every bar is within [since, until), where somebody has kept count.</summary>
public sealed record StoredWindow(Timeframe Timeframe, long Version, DateTimeOffset? Since, DateTimeOffset? Until);
