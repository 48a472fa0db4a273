namespace Wyckoff.Ingestor.Samples;

/// <summary>
/// A random number generator with the same results on every machine. It implements SplitMix64, because the algorithm of
/// <see cref="Random"/> may change between runtimes, and uses decimals, because doubles may round a cent differently on another processor.
/// </summary>
internal sealed class SampleNoise(ulong seed)
{
    private ulong _state = seed;
    private decimal _heat = 1m;

    /// <summary>Returns a uniform random number between 0 and 1, in steps of a millionth.</summary>
    public decimal Even()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (z ^ (z >> 31)) % 1_000_001 / 1_000_000m;
    }

    /// <summary>Returns an approximately standard normal number: the sum of four uniform ones, without logarithm or cosine.</summary>
    public decimal Bell() => (Even() + Even() + Even() + Even() - 2m) * 1.732m;

    /// <summary>
    /// Returns a normal number whose width depends on recent moves, so that quiet and volatile days come in clusters (GARCH on absolute
    /// values).
    /// </summary>
    private decimal Clustered()
    {
        var z = Bell();
        var move = z * _heat;
        _heat = Math.Clamp(decimal.Round(0.05m + 0.69m * _heat + 0.325m * Math.Abs(move), 6), 0.5m, 2.2m);
        return move;
    }

    /// <summary>
    /// Returns <paramref name="count"/> closes of a random walk that starts at <paramref name="from"/> and ends exactly at
    /// <paramref name="to"/>, each with the volatility factor of its step. <paramref name="width"/> is the standard deviation of the step
    /// at an index.
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
