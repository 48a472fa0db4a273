using System.Numerics;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Bars.RollUp;

/// <summary>
/// Folds bars, fed in the order of time, into bars of one coarser timeframe. <c>market.roll_up</c> in the database defines the result; this
/// class computes the same for bars that are copied into the tables.
/// </summary>
internal sealed class BarRollUp(Timeframe timeframe, Func<long, (long Bucket, long End)> buckets)
{
    public BarRollUp(Timeframe timeframe, SessionClock clock)
        : this(timeframe, time => (clock.Bucket(timeframe, time), clock.BucketEnd(timeframe, time))) { }

    public Timeframe Timeframe => timeframe;

    // Below these limits, the sum of 3 × price × volume over 1440 bars fits in 128 bits.
    private const long SmallPrice = 1L << 58;
    private const long SmallVolume = 1L << 53;
    private bool _any;
    private long _bucket;
    private long _end;
    private long _open;
    private long _high;
    private long _low;
    private long _close;
    private Int128 _volume;
    private long _trades;
    private bool _tradesKnown;
    private Int128 _turnover;
    private BigInteger _hugeTurnover;
    private int _quality;

    /// <summary>Adds the next bar. Returns true if it begins a new bucket, so that the bar of the previous bucket is complete.</summary>
    public bool Add(in IncomingBar bar, int quality, out IncomingBar complete, out int completeQuality)
    {
        var closed = false;
        (complete, completeQuality) = (default, BarDerivation.Unrated);
        if (!_any || bar.Time >= _end)
        {
            closed = _any && TryTake(out complete, out completeQuality);
            _any = true;
            (_bucket, _end) = buckets(bar.Time);
            (_open, _high, _low) = (bar.Open, bar.High, bar.Low);
            (_volume, _trades, _tradesKnown, _turnover, _hugeTurnover, _quality) = (0, 0, true, 0, BigInteger.Zero, BarDerivation.Unrated);
        }

        _high = Math.Max(_high, bar.High);
        _low = Math.Min(_low, bar.Low);
        _close = bar.Close;
        _volume += bar.Volume;
        _tradesKnown &= bar.TradeCount != IncomingBar.Unknown;
        _trades += bar.TradeCount;
        if (quality != BarDerivation.Unrated && (_quality == BarDerivation.Unrated || quality < _quality))
        {
            _quality = quality;
        }

        // Three times the price, so that the typical price (high + low + close) ÷ 3 needs no fraction.
        if (bar is { Vwap: < SmallPrice and > -SmallPrice, High: < SmallPrice, Low: > -SmallPrice } && bar.Volume < SmallVolume)
        {
            _turnover += Math.BigMul(bar.Vwap != 0 ? 3 * bar.Vwap : bar.High + bar.Low + bar.Close, (long)bar.Volume);
        }
        else
        {
            _hugeTurnover += (BigInteger)(bar.Vwap != 0 ? 3 * (Int128)bar.Vwap : (Int128)bar.High + bar.Low + bar.Close) * bar.Volume;
        }

        return closed;
    }

    /// <summary>Takes the bar of the current bucket, made of the bars added so far. Returns false if there is none.</summary>
    public bool TryTake(out IncomingBar bar, out int quality)
    {
        (bar, quality) = (default, _quality);
        if (!_any)
        {
            return false;
        }

        bar = new(
            _bucket,
            _open,
            _high,
            _low,
            _close,
            _volume,
            _tradesKnown ? (int)Math.Min(_trades, int.MaxValue) : IncomingBar.Unknown,
            Vwap()
        );
        _any = false;
        return true;
    }

    // Rounded to 8 decimals, half away from zero.
    private long Vwap()
    {
        if (_volume == 0)
        {
            return 0;
        }

        var shares = 3 * _volume;
        if (_hugeTurnover.IsZero)
        {
            return (long)((2 * _turnover + (_turnover < 0 ? -shares : shares)) / (2 * shares));
        }

        var turnover = _hugeTurnover + _turnover;
        return (long)((2 * turnover + (turnover.Sign < 0 ? -shares : shares)) / (2 * (BigInteger)shares));
    }
}
