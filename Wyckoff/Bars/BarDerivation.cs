using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Bars;

/// <summary>
/// The fields of a bar that follow from the bars before it, for bars of one ticker and timeframe fed in the order of their time.
/// The database's <c>market.rederive</c> is the definition; this computes the same where rows are copied straight in.
/// </summary>
public sealed class BarDerivation
{
    public const int Lookback = 20;

    /// <summary>A quality nobody has computed.</summary>
    public const int Unrated = -1;

    private const long Cap = 9_999_999_999;
    private readonly Timeframe _timeframe;
    private readonly SessionClock _clock;
    private readonly long[] _spreads = new long[Lookback];
    private readonly Int128[] _volumes = new Int128[Lookback];
    private int _count;
    private int _slot;
    private Int128 _spreadSum;
    private Int128 _volumeSum;
    private long _previousTime;
    private long _previousClose;

    public BarDerivation(Timeframe timeframe, SessionClock clock) => (_timeframe, _clock) = (timeframe, clock);

    private BarDerivation(BarDerivation other)
        : this(other._timeframe, other._clock)
    {
        other._spreads.CopyTo(_spreads, 0);
        other._volumes.CopyTo(_volumes, 0);
        (_count, _slot, _spreadSum, _volumeSum, _previousTime, _previousClose) = (
            other._count,
            other._slot,
            other._spreadSum,
            other._volumeSum,
            other._previousTime,
            other._previousClose
        );
    }

    /// <summary>Ratios in units of 10⁻⁴, quality in units of 10⁻².</summary>
    public readonly record struct Fields(long SpreadRatio, long VolumeRatio, bool LowHistory, int Quality);

    /// <summary>What has been fed so far, to go on from there more than once.</summary>
    public BarDerivation Copy() => new(this);

    /// <summary>The derived fields of the next bar, which thereby becomes history for those after it.</summary>
    public Fields Next(in IncomingBar bar)
    {
        var spread = bar.High - bar.Low;
        var fields = new Fields(Ratio(spread, _spreadSum, _count), Ratio(bar.Volume, _volumeSum, _count), _count < Lookback, Quality(bar));
        Push(spread, bar.Volume);
        (_previousTime, _previousClose) = (bar.Time, bar.Close);
        return fields;
    }

    private int Quality(in IncomingBar bar)
    {
        var quality = 100;
        if (
            _count > 0
            && bar.Time - _previousTime > (_timeframe.IsDaily ? 4 * _timeframe.Microseconds : _timeframe.Microseconds)
            && (_timeframe.IsDaily || _previousTime >= _clock.SessionStart(bar.Time))
        )
        {
            // Bars are missing before it.
            quality -= 40;
        }

        // More than ten mean spreads away: 10 × sum ÷ 20.
        if (_count == Lookback && _spreadSum > 0 && (Int128)Math.Abs(bar.Close - _previousClose) * 2 > _spreadSum)
        {
            quality -= 30;
        }

        if (bar.Volume == 0)
        {
            quality -= 20;
        }
        else if (bar.High == bar.Low)
        {
            quality -= 10;
        }

        return quality;
    }

    private void Push(long spread, Int128 volume)
    {
        _spreadSum += spread - _spreads[_slot];
        _volumeSum += volume - _volumes[_slot];
        (_spreads[_slot], _volumes[_slot]) = (spread, volume);
        _slot = _slot == Lookback - 1 ? 0 : _slot + 1;
        _count = Math.Min(_count + 1, Lookback);
    }

    // value ÷ (sum ÷ count) in units of 10⁻⁴, half away from zero, in one exact division.
    private static long Ratio(Int128 value, Int128 sum, int count)
    {
        if (count == 0)
        {
            return 10_000;
        }

        if (sum == 0)
        {
            return 0;
        }

        // Fits in 64 bits nearly always, and then costs a tenth.
        if (value < 1L << 43 && sum < 1L << 61)
        {
            var total = (ulong)sum;
            return Math.Min(Cap, (long)(((ulong)value * (ulong)(20_000 * count) + total) / (2 * total)));
        }

        var (numerator, denominator) = (((UInt128)value * (UInt128)(20_000 * count)) + (UInt128)sum, 2 * (UInt128)sum);
        return (long)UInt128.Min(Cap, numerator / denominator);
    }
}
