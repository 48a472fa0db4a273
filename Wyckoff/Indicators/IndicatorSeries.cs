using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Indicators;

/// <summary>
/// The indicators of bars that are fed in the order of their time. What a bar's indicators are follows from that bar and the up to <see cref="Window"/> − 1 before it
/// (and from those of the last 24 hours), as if history began there: so a series that is started that far back gives the same, to the last digit, as one that was started
/// at the first bar there is. docs/indicators.md has the formulas.
/// </summary>
/// <remarks>
/// Plain means are sums of whole numbers, and exact. Recursive ones are computed anew for every bar, over its window, in double: additions, subtractions,
/// multiplications and divisions in a fixed order, which IEEE 754 leaves no freedom, so every machine has the same bits. Of what is before the window a recursion would
/// still hold a 10⁻¹²th part: below the eighth decimal of any ordinary price.
/// </remarks>
public sealed class IndicatorSeries(Timeframe timeframe)
{
    /// <summary>Of how many bars, itself included, a bar's indicators are made.</summary>
    public const int Window = 400;

    /// <summary>How far back from its close a bar's volume_24h looks.</summary>
    public static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private const int Fast = 12;
    private const int Slow = 26;
    private const int Signal = 9;
    private const int Rsi = 14;
    private const int Band = 20;
    private const int Long = 50;

    // Several windows, so that the last one lies in one piece and is moved to the front only now and then.
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

    /// <summary>The indicators of the next bar, which thereby becomes history for those after it. Time, close and volume as in <see cref="IncomingBar"/>.</summary>
    /// <exception cref="ArgumentException">The bar does not come after the one before it.</exception>
    public IndicatorValues Next(long time, long close, Int128 volume)
    {
        if (time <= _last)
        {
            throw new ArgumentException(
                $"The bar of {IncomingBar.InstantOf(time):O} came after that of {IncomingBar.InstantOf(_last):O}.",
                nameof(time)
            );
        }

        _last = time;
        Add(close);
        Trade(time, volume);

        var count = Math.Min(_end, Window);
        decimal? sma20 = null,
            bandWidth = null;
        if (count >= Band)
        {
            sma20 = Price(Mean(_sumBand, Band));
            bandWidth = Price(TwoDeviations());
        }

        var recursions = Recurse(_end - count, count);
        var (ema12, ema26, signal) = (Rounded(recursions.Fast), Rounded(recursions.Slow), Rounded(recursions.Signal));
        var macd = ema12 - ema26;
        return new(
            sma20,
            count >= Long ? Price(Mean(_sumLong, Long)) : null,
            Price(ema12),
            Price(ema26),
            Strength(recursions.Rise, recursions.Fall),
            Price(macd),
            Price(signal),
            Price(macd - signal),
            // As high as the column goes: a price near its end has a band beyond it.
            sma20 + bandWidth
                is { } upper
                ? Math.Min(upper, Price(IncomingBar.PriceLimit - 1)!.Value)
                : null,
            sma20,
            sma20 - bandWidth,
            Volume()
        );
    }

    private void Add(long close)
    {
        if (_end == _closes.Length)
        {
            // With the bars that the sums are about to lose, which are within a window.
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

    // The exponential means begin with the plain mean of their first bars.
    private Recursions Recurse(int start, int count)
    {
        var values = _values.AsSpan(start, count);
        var rises = _rises.AsSpan(start, count);
        var falls = _falls.AsSpan(start, count);

        double? rise = null,
            fall = null;
        if (count > Rsi)
        {
            // The first bar of the window has no change: what was before it is not asked.
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
            // Until there are nine differences their sum, then their mean.
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

    private static Int128 Mean(Int128 sum, int count) => (2 * sum + count) / (2 * count);

    // Twice the standard deviation of the twenty closes (that of the population), from exact sums of squares around a whole number near the mean.
    private long TwoDeviations()
    {
        var centre = (long)(_sumBand / Band);
        Int128 squares = 0;
        foreach (var close in _closes.AsSpan(_end - Band, Band))
        {
            squares += (Int128)(close - centre) * (close - centre);
        }

        var rest = _sumBand - (Int128)centre * Band;
        // σ = √(20 Σd² − (Σd)²) / 20
        return (long)((Root((UInt128)(squares * Band - rest * rest)) + Band / 4) / (Band / 2));
    }

    // The whole part of a square root.
    private static UInt128 Root(UInt128 value)
    {
        if (value == 0)
        {
            return 0;
        }

        // A double is right to fifteen digits; one step of Newton's makes it all of them, give or take one.
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
            ? (long)Math.Min(Math.Round(price, MidpointRounding.AwayFromZero), IncomingBar.PriceLimit - IncomingBar.One)
            : null;

    // Where nothing moved, neither side is the stronger.
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

    private static decimal? Price(Int128? units) => units is { } value ? Amount((long)value, 8) : null;

    private static decimal Amount(long units, byte scale)
    {
        var size = units < 0 ? (ulong)-units : (ulong)units;
        return new((int)(uint)size, (int)(uint)(size >> 32), 0, units < 0, scale);
    }
}
