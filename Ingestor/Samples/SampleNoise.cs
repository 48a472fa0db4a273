namespace Wyckoff.Ingestor.Samples;

/// <summary>
/// SplitMix64 written out, because the algorithm behind <see cref="Random"/> may change between runtimes, and decimals
/// throughout, because the last bit of a double may decide a cent differently on another processor.
/// </summary>
internal sealed class SampleNoise(ulong seed)
{
    private ulong _state = seed;
    private decimal _heat = 1m;

    /// <summary>Even between 0 and 1, in steps of a millionth.</summary>
    public decimal Even()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (z ^ (z >> 31)) % 1_000_001 / 1_000_000m;
    }

    /// <summary>Close to a standard normal, as the sum of four even numbers; needs neither logarithm nor cosine.</summary>
    public decimal Bell() => (Even() + Even() + Even() + Even() - 2m) * 1.732m;

    /// <summary>A bell whose width remembers recent moves, so that quiet and wild days come in clusters (GARCH on absolute values).</summary>
    private decimal Clustered()
    {
        var z = Bell();
        var move = z * _heat;
        _heat = Math.Clamp(decimal.Round(0.05m + 0.69m * _heat + 0.325m * Math.Abs(move), 6), 0.5m, 2.2m);
        return move;
    }

    /// <summary>
    /// <paramref name="count"/> closes that wander from <paramref name="from"/> and arrive exactly at <paramref name="to"/>;
    /// <paramref name="width"/> says how far the step at an index may stray. With each comes how heated the market was.
    /// </summary>
    public (decimal Close, decimal Heat)[] Bridge(decimal from, decimal to, int count, Func<int, decimal> width)
    {
        var path = new (decimal Close, decimal Heat)[count];
        var sum = 0m;
        for (var i = 0; i < count; i++)
        {
            var heat = _heat;
            path[i] = (sum += Clustered() * width(i), heat);
        }
        for (var i = 0; i < count; i++)
        {
            path[i].Close = Cents(from + path[i].Close + (to - from - sum) * (i + 1) / count);
        }
        return path;
    }

    public static decimal Cents(decimal price) => decimal.Round(price, 2, MidpointRounding.AwayFromZero);
}
