using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Live;

/// <summary>A feed as subscribed at a streaming provider: the minute bars or the daily bars of one ticker.</summary>
/// <param name="Ticker">The ticker.</param>
/// <param name="Timeframe">1m or 1d.</param>
/// <param name="RepairFrom">The start of the range that is fetched once the stream has started. The sync keeps the bars before it.</param>
/// <param name="FromTrades">Whether minute bars are built here from trades instead of received from the provider.</param>
public sealed record LiveSubscription(TickerRef Ticker, Timeframe Timeframe, DateTimeOffset RepairFrom, bool FromTrades = false)
{
    /// <summary>Whether a stream has bars of the timeframe.</summary>
    public static bool CanBeLive(Timeframe timeframe) => timeframe == Timeframe.Minute1 || timeframe.IsDaily;
}
