using System.Numerics;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

/// <summary>
/// Builds minute bars from trades, with exact arithmetic. A bar is emitted when a trade of a later minute arrives or the clock passes the
/// end of the minute, and again for each late trade. Minutes that were not received from their start are skipped; the provider is asked for
/// them. Not thread-safe.
/// </summary>
internal sealed class TradeBars(TimeSpan grace)
{
    /// <summary>How long a minute accepts late trades. Later corrections are left to the sync.</summary>
    public static readonly TimeSpan LateTradeLimit = TimeSpan.FromMinutes(15);

    private readonly Dictionary<Symbol, Ticker> _tickers = [];
    private readonly List<long> _expired = [];

    /// <summary>
    /// Starts to build bars from the first whole minute after <paramref name="now"/>, and forgets earlier trades of the symbol.
    /// </summary>
    public void Start(Symbol symbol, DateTimeOffset now) => _tickers[symbol] = new(Floor(now.UtcTicks - 1) + TimeSpan.TicksPerMinute);

    public void Stop(Symbol symbol) => _tickers.Remove(symbol);

    public void Clear() => _tickers.Clear();

    /// <summary>The oldest minute that still accepts late trades.</summary>
    public DateTimeOffset? Oldest(Symbol symbol) =>
        _tickers.TryGetValue(symbol, out var ticker) && ticker.Minutes.Count > 0
            ? new DateTimeOffset(ticker.Minutes.Keys.First(), TimeSpan.Zero)
            : null;

    /// <summary>Adds a trade, and the bars that it completes or corrects to <paramref name="bars"/>.</summary>
    /// <returns>False if the trade is too late to be counted.</returns>
    public bool Add(in LiveTrade trade, List<LiveBar> bars)
    {
        var minute = Floor(trade.Ticks);
        if (!_tickers.TryGetValue(trade.Symbol, out var ticker) || minute < ticker.From)
        {
            return true; // The minute is fetched from the provider.
        }

        if (minute <= ticker.ClosedUntil)
        {
            return false;
        }

        if (!ticker.Minutes.TryGetValue(minute, out var built))
        {
            ticker.Minutes.Add(minute, built = new(minute));
        }

        built.Add(trade);
        if (built.IsEmitted)
        {
            built.Emit(trade.Symbol, bars);
        }

        if (minute > ticker.Newest)
        {
            ticker.Newest = minute;
            Close(trade.Symbol, ticker, minute, bars);
        }

        return true;
    }

    /// <summary>Emits the minutes that ended more than the grace period ago.</summary>
    public void Close(DateTimeOffset now, List<LiveBar> bars)
    {
        var before = Floor((now - grace).UtcTicks);
        foreach (var (symbol, ticker) in _tickers)
        {
            Close(symbol, ticker, before, bars);
        }
    }

    private void Close(Symbol symbol, Ticker ticker, long before, List<LiveBar> bars)
    {
        _expired.Clear();
        foreach (var (minute, built) in ticker.Minutes)
        {
            if (minute < before && !built.IsEmitted)
            {
                built.IsEmitted = true;
                built.Emit(symbol, bars);
            }

            if (minute < before - LateTradeLimit.Ticks)
            {
                _expired.Add(minute);
            }
        }

        foreach (var minute in _expired)
        {
            ticker.Minutes.Remove(minute);
        }

        ticker.ClosedUntil = Math.Max(ticker.ClosedUntil, before - LateTradeLimit.Ticks - TimeSpan.TicksPerMinute);
    }

    private static long Floor(long ticks) => ticks - (ticks % TimeSpan.TicksPerMinute);

    private sealed class Ticker(long from)
    {
        public long From { get; } = from;

        public long Newest { get; set; }

        /// <summary>The newest minute that accepts no more trades; earlier ones do not either.</summary>
        public long ClosedUntil { get; set; }

        public SortedDictionary<long, Minute> Minutes { get; } = [];
    }

    private sealed class Minute(long start)
    {
        private long _first = long.MaxValue;
        private long _last = long.MinValue;
        private long _open;
        private long _high = long.MinValue;
        private long _low = long.MaxValue;
        private long _close;
        private Int128 _volume;
        private BigInteger _value;
        private int _count;

        public bool IsEmitted { get; set; }

        public void Add(in LiveTrade trade)
        {
            if ((trade.Use & TradeUse.OpenClose) != 0)
            {
                // Of several trades at the same instant, the first received sets the open and the last received sets the close.
                if (trade.Ticks < _first)
                {
                    (_first, _open) = (trade.Ticks, trade.Price);
                }

                if (trade.Ticks >= _last)
                {
                    (_last, _close) = (trade.Ticks, trade.Price);
                }
            }

            if ((trade.Use & TradeUse.HighLow) != 0)
            {
                (_high, _low) = (Math.Max(_high, trade.Price), Math.Min(_low, trade.Price));
            }

            if ((trade.Use & TradeUse.Volume) != 0)
            {
                _volume += trade.Size;
                _value += (BigInteger)trade.Price * (BigInteger)trade.Size;
                _count++;
            }
        }

        /// <summary>
        /// Adds the bar to <paramref name="bars"/>. A minute without a price, for example with odd lots only, has no bar.
        /// </summary>
        public void Emit(Symbol symbol, List<LiveBar> bars)
        {
            if (_first == long.MaxValue)
            {
                return;
            }

            // Rounds half away from zero.
            var half = (BigInteger)(_value.Sign < 0 ? -_volume : _volume);
            var vwap = _volume == 0 ? 0 : (long)(((2 * _value) + half) / (2 * (BigInteger)_volume));
            bars.Add(
                new(
                    symbol,
                    LiveBarKind.Minute,
                    new(IncomingBar.TimeOf(new DateTimeOffset(start, TimeSpan.Zero)), _open, _high, _low, _close, _volume, _count, vwap)
                )
            );
        }
    }
}
