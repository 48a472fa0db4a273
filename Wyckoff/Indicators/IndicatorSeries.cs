using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Indicators;

/// <summary>
/// Computes the indicators of bars, which are fed in the order of time. The indicators of a bar depend only on the last <see
/// cref="Window"/> bars up to it and on the bars of the last 24 hours. A series that starts that far back therefore gives the same values,
/// to the last digit, as one that starts at the first bar of the ticker. docs/indicators.md has the formulas.
/// </summary>
/// <remarks>
/// Simple means are exact sums of integers. Recursive means are computed again for every bar over its last <see cref="Window"/> bars, in
/// double precision and in a fixed order of operations, so IEEE 754 gives the same bits on every machine. Earlier bars would contribute
/// about 10⁻¹² of the value, which is below the eighth decimal of ordinary prices.
/// </remarks>
public sealed class IndicatorSeries(Timeframe timeframe)
{
    /// <summary>The number of bars, including the bar itself, that the indicators of a bar are computed from.</summary>
    public const int Window = 400;

    /// <summary>The time span of volume_24h, back from the close of a bar.</summary>
    public static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private const int Fast = 12;
    private const int Slow = 26;
    private const int Signal = 9;
    private const int Rsi = 14;
    private const int Band = 20;
    private const int Long = 50;

    // Eight times as long as needed: the last bars are contiguous, and are moved to the front only when the end of the arrays is reached.
    private readonly long[] _closes = new long[8 * Window];
    private readonly double[] _values = new double[8 * Window];
    private readonly double[] _rises = new double[8 * Window];
    private readonly double[] _falls = new double[8 * Window];
    private readonly Queue<(long Time, Int128 Volume)> _traded = new();
    private readonly long _dayLessBar = (Day - timeframe.Width).Ticks / TimeSpan.TicksPerMicrosecond;
    private int _end;
    private long _last = long.MinValue;
    private Int128 _sumBand;
    private Int128 _sumLong;
    private Int128 _volume;

    /// <summary>
    /// Computes the indicators of the next bar and adds the bar to the history. Units are those of <see cref="IncomingBar"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The bar is not later than the previous one.</exception>
    public IndicatorValues Next(long time, long close, Int128 volume)
    {
        if (time <= _last)
        {
            throw new ArgumentException(
                $"The bar of {IncomingBar.InstantOf(time):O} is not later than the previous bar of {IncomingBar.InstantOf(_last):O}.",
                nameof(time)
            );
        }

        _last = time;
        Add(close);
        Trade(time, volume);

        var count = Math.Min(_end, Window);
        Int128? sma20 = null;
        var bandWidth = 0L;
        if (count >= Band)
        {
            sma20 = Mean(_sumBand, Band);
            bandWidth = TwoDeviations();
        }

        var recursions = Recurse(_end - count, count);
        var (ema12, ema26, signal) = (Rounded(recursions.Fast), Rounded(recursions.Slow), Rounded(recursions.Signal));
        var macd = ema12 - ema26;
        return new(
            Price(sma20),
            count >= Long ? Price(Mean(_sumLong, Long)) : null,
            Price(ema12),
            Price(ema26),
            Strength(recursions.Rise, recursions.Fall),
            Price(macd),
            Price(signal),
            Price(macd - signal),
            Price(sma20 + bandWidth),
            Price(sma20),
            Price(sma20 - bandWidth),
            Volume()
        );
    }

    private void Add(long close)
    {
        if (_end == _closes.Length)
        {
            // The moved bars include those that the sums below subtract, because Window is larger than Long and Band.
            foreach (var values in (Array[])[_closes, _values, _rises, _falls])
            {
                Array.Copy(values, _end - Window, values, 0, Window);
            }

            _end = Window;
        }

        _sumBand += close - (_end >= Band ? _closes[_end - Band] : 0);
        _sumLong += close - (_end >= Long ? _closes[_end - Long] : 0);
        _closes[_end] = close;
        _values[_end] = close;
        var change = _end > 0 ? _values[_end] - _values[_end - 1] : 0;
        _rises[_end] = change > 0 ? change : 0;
        _falls[_end] = change < 0 ? -change : 0;
        _end++;
    }

    private void Trade(long time, Int128 volume)
    {
        _volume += volume;
        _traded.Enqueue((time, volume));
        while (_traded.Peek().Time < time - _dayLessBar)
        {
            _volume -= _traded.Dequeue().Volume;
        }
    }

    private readonly record struct Recursions(double? Fast, double? Slow, double? Signal, double? Rise, double? Fall);

    // An exponential mean starts with the simple mean of its first bars.
    private Recursions Recurse(int start, int count)
    {
        var values = _values.AsSpan(start, count);
        var rises = _rises.AsSpan(start, count);
        var falls = _falls.AsSpan(start, count);

        double? rise = null,
            fall = null;
        if (count > Rsi)
        {
            // The first bar has no change, because the bar before it is out of reach.
            var (up, down) = (Mean(rises[1..(Rsi + 1)]), Mean(falls[1..(Rsi + 1)]));
            for (var i = Rsi + 1; i < count; i++)
            {
                up += (rises[i] - up) * (1.0 / Rsi);
                down += (falls[i] - down) * (1.0 / Rsi);
            }

            (rise, fall) = (up, down);
        }

        if (count < Fast)
        {
            return new(null, null, null, rise, fall);
        }

        var fast = Mean(values[..Fast]);
        for (var i = Fast; i < Math.Min(count, Slow); i++)
        {
            fast += (values[i] - fast) * (2.0 / (Fast + 1));
        }

        if (count < Slow)
        {
            return new(fast, null, null, rise, fall);
        }

        var slow = Mean(values[..Slow]);
        var signal = fast - slow;
        for (var i = Slow; i < count; i++)
        {
            fast += (values[i] - fast) * (2.0 / (Fast + 1));
            slow += (values[i] - slow) * (2.0 / (Slow + 1));
            // The sum of the first nine differences, then their mean, then the exponential mean.
            signal = (i - Slow + 2) switch
            {
                < Signal => signal + (fast - slow),
                Signal => (signal + (fast - slow)) / Signal,
                _ => signal + (fast - slow - signal) * (2.0 / (Signal + 1)),
            };
        }

        return new(fast, slow, count >= Slow + Signal - 1 ? signal : null, rise, fall);
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    // Rounded half away from zero.
    private static Int128 Mean(Int128 sum, int count) => (2 * sum + (sum < 0 ? -count : count)) / (2 * count);

    // Twice the population standard deviation of the last 20 closes, from exact sums of squares around an integer near the mean.
    private long TwoDeviations()
    {
        var centre = (long)(_sumBand / Band);
        Int128 squares = 0;
        foreach (var close in _closes.AsSpan(_end - Band, Band))
        {
            squares += (Int128)(close - centre) * (close - centre);
        }

        var rest = _sumBand - (Int128)centre * Band;
        // σ = √(20 Σd² − (Σd)²) / 20. Closes of both signs near the limits are so far apart that this takes more than 128 bits.
        var halved = squares > Int128.MaxValue / Band ? 1 : 0;
        var root = Root((UInt128)((squares >> (2 * halved)) * Band - ((rest * rest) >> (2 * halved)))) << halved;
        return (long)((root + Band / 4) / (Band / 2));
    }

    // The integer part of a square root.
    private static UInt128 Root(UInt128 value)
    {
        if (value == 0)
        {
            return 0;
        }

        // A double has about 15 correct digits. One Newton step makes the root correct to within one unit.
        var root = (UInt128)Math.Sqrt((double)value);
        root = (root + value / root) / 2;
        while (root * root > value)
        {
            root--;
        }

        while ((root + 1) * (root + 1) <= value)
        {
            root++;
        }

        return root;
    }

    private static long? Rounded(double? value) =>
        value is { } price
            ? (long)
                Math.Clamp(
                    Math.Round(price, MidpointRounding.AwayFromZero),
                    IncomingBar.One - IncomingBar.PriceLimit,
                    IncomingBar.PriceLimit - IncomingBar.One
                )
            : null;

    // 50 if the price did not move at all.
    private static decimal? Strength(double? rise, double? fall) =>
        (rise, fall) switch
        {
            (null, _) or (_, null) => null,
            (0, 0) => 50m,
            _ => Amount((long)Math.Round(1_000_000 * rise.Value / (rise.Value + fall.Value), MidpointRounding.AwayFromZero), 4),
        };

    private decimal Volume()
    {
        var volume = Int128.Min(_volume, IncomingBar.VolumeLimit - 1);
        return (decimal)(volume / IncomingBar.One) + Amount((long)(volume % IncomingBar.One), 8);
    }

    // Bands and differences of prices near the limits of the column exceed the limits.
    private static decimal? Price(Int128? units) =>
        units is { } value ? Amount((long)Int128.Clamp(value, 1 - IncomingBar.PriceLimit, IncomingBar.PriceLimit - 1), 8) : null;

    private static decimal Amount(long units, byte scale)
    {
        var size = units < 0 ? (ulong)-units : (ulong)units;
        return new((int)(uint)size, (int)(uint)(size >> 32), 0, units < 0, scale);
    }
}
