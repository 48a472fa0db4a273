using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Live;

/// <summary>
/// What a stream shall bring of one ticker: its minutes or its days. Whatever is after <paramref name="Known"/> is asked of the provider once the stream is there; what is before,
/// somebody else keeps. <paramref name="FromTrades"/>: minutes are built here from trades, instead of taken from the provider.
/// </summary>
public sealed record LiveSubscription(TickerRef Ticker, Timeframe Timeframe, DateTimeOffset Known, bool FromTrades = false)
{
    /// <summary>A stream has no others.</summary>
    public static bool CanBeLive(Timeframe timeframe) => timeframe == Timeframe.Minute1 || timeframe.IsDaily;
}
