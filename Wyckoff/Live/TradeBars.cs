using System.Numerics;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

/// <summary>
/// Builds minutes from trades, exactly. A minute comes out when a trade of a later one says that it is over, or the clock does, and again whenever a late trade corrects it.
/// Only minutes that were heard from their first instant: of the others the provider has to be asked. Not safe for use by two threads at once.
/// </summary>
internal sealed class TradeBars(TimeSpan grace)
{
    /// <summary>How long a minute waits for late trades; those that come later still are left to the next sync.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    private readonly Dictionary<Symbol, Ticker> _tickers = [];
    private readonly List<long> _old = [];

    /// <summary>From the first whole minute after <paramref name="now"/> on. What was there of this symbol is forgotten.</summary>
    public void Start(Symbol symbol, DateTimeOffset now) => _tickers[symbol] = new(Floor(now.UtcTicks - 1) + TimeSpan.TicksPerMinute);

    public void Stop(Symbol symbol) => _tickers.Remove(symbol);

    public void Clear() => _tickers.Clear();

    /// <summary>The oldest minute that is still open to correction.</summary>
    public DateTimeOffset? Oldest(Symbol symbol) =>
        _tickers.TryGetValue(symbol, out var ticker) && ticker.Minutes.Count > 0
            ? new DateTimeOffset(ticker.Minutes.Keys.First(), TimeSpan.Zero)
            : null;

    /// <summary>False when the trade is too late to count.</summary>
    public bool Add(in LiveTrade trade, List<LiveBar> bars)
    {
        var minute = Floor(trade.Ticks);
        if (!_tickers.TryGetValue(trade.Symbol, out var ticker) || minute < ticker.From)
        {
            return true; // of a minute that is asked of the provider
        }

        if (minute <= ticker.Forgotten)
        {
            return false;
        }

        if (!ticker.Minutes.TryGetValue(minute, out var built))
        {
            ticker.Minutes.Add(minute, built = new(minute));
        }

        built.Add(trade);
        if (built.IsOut)
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

    /// <summary>What is over by the clock.</summary>
    public void Close(DateTimeOffset now, List<LiveBar> bars)
    {
        var over = Floor((now - grace).UtcTicks);
        foreach (var (symbol, ticker) in _tickers)
        {
            Close(symbol, ticker, over, bars);
        }
    }

    private void Close(Symbol symbol, Ticker ticker, long before, List<LiveBar> bars)
    {
        _old.Clear();
        foreach (var (minute, built) in ticker.Minutes)
        {
            if (minute < before && !built.IsOut)
            {
                built.IsOut = true;
                built.Emit(symbol, bars);
            }

            if (minute < before - Memory.Ticks)
            {
                _old.Add(minute);
            }
        }

        foreach (var minute in _old)
        {
            ticker.Minutes.Remove(minute);
        }

        ticker.Forgotten = Math.Max(ticker.Forgotten, before - Memory.Ticks - TimeSpan.TicksPerMinute);
    }

    private static long Floor(long ticks) => ticks - (ticks % TimeSpan.TicksPerMinute);

    private sealed class Ticker(long from)
    {
        public long From { get; } = from;

        public long Newest { get; set; }

        /// <summary>This minute and all before it take no trades any more.</summary>
        public long Forgotten { get; set; }

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

        public bool IsOut { get; set; }

        public void Add(in LiveTrade trade)
        {
            if ((trade.Use & TradeUse.OpenClose) != 0)
            {
                // Of trades at the same instant, the first that came opens and the last closes.
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

        /// <summary>Nothing while no trade has given it a price: a minute of odd lots alone has no bar.</summary>
        public void Emit(Symbol symbol, List<LiveBar> bars)
        {
            if (_first == long.MaxValue)
            {
                return;
            }

            // Half away from zero; all of it is positive.
            var vwap = _volume == 0 ? 0 : (long)(((2 * _value) + (BigInteger)_volume) / (2 * (BigInteger)_volume));
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
