using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Bars;

/// <summary>
/// Derives the fields of a bar that depend on the bars before it. The bars of a window are fed in the order of time.
/// <c>market.rederive</c> in the database defines these fields; this class computes the same for bars that are copied into the tables.
/// </summary>
public sealed class BarDerivation
{
    public const int Lookback = 20;

    /// <summary>The quality of a bar for which none has been computed.</summary>
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
    public readonly record struct Fields(long SpreadRatio, long VolumeRatio, bool LowHistory, int Quality)
    {
        /// <summary>The fields of a bar for which nothing is derived.</summary>
        public static readonly Fields None = new(0, 0, false, Unrated);
    }

    /// <summary>An independent copy of the current state.</summary>
    public BarDerivation Copy() => new(this);

    /// <summary>Derives the fields of the next bar, and adds the bar to the lookback of the bars after it.</summary>
    public Fields Next(in IncomingBar bar)
    {
        var spread = bar.Spread;
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
            // Bars are missing before this one.
            quality -= 40;
        }

        // The close moved by more than ten mean spreads: 10 × sum ÷ 20.
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

    // value ÷ (sum ÷ count) in units of 10⁻⁴, rounded half away from zero, with one exact division.
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

        // Nearly all values fit in 64 bits, where the division is ten times as fast.
        if (value < 1L << 43 && sum < 1L << 61)
        {
            var total = (ulong)sum;
            return Math.Min(Cap, (long)(((ulong)value * (ulong)(20_000 * count) + total) / (2 * total)));
        }

        var (numerator, denominator) = (((UInt128)value * (UInt128)(20_000 * count)) + (UInt128)sum, 2 * (UInt128)sum);
        return (long)UInt128.Min(Cap, numerator / denominator);
    }
}
