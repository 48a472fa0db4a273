using System.Diagnostics;
using System.Numerics;

namespace Wyckoff.Benchmarks.Load;

/// <summary>Counts durations in buckets that are at most 1.6 % wide, so that the slowest of millions are still known and recording costs nothing.</summary>
internal sealed class LatencyHistogram
{
    // Each power of two of nanoseconds is cut into so many.
    private const int Parts = 64;
    private const int PartBits = 6;
    private readonly long[] _counts = new long[64 * Parts];

    public long Count { get; private set; }

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Record(long ticks)
    {
        var nanoseconds = Math.Max(0, (long)(ticks * (1e9 / Stopwatch.Frequency)));
        _counts[Place(nanoseconds)]++;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (var place = 0; place < _counts.Length; place++)
        {
            _counts[place] += other._counts[place];
        }

        Count += other.Count;
    }

    /// <summary>Milliseconds that the given share did not exceed.</summary>
    public double Percentile(double share)
    {
        var wanted = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (var place = 0; place < _counts.Length; place++)
        {
            seen += _counts[place];
            if (seen >= wanted && seen > 0)
            {
                return Nanoseconds(place) / 1e6;
            }
        }

        return double.NaN;
    }

    private static int Place(long nanoseconds)
    {
        if (nanoseconds < Parts)
        {
            return (int)nanoseconds;
        }

        var power = BitOperations.Log2((ulong)nanoseconds) - PartBits;
        return (power + 1) * Parts + (int)(nanoseconds >> power) - Parts;
    }

    // The middle of a bucket.
    private static double Nanoseconds(int place)
    {
        if (place < Parts)
        {
            return place;
        }

        var power = place / Parts - 1;
        return (place % Parts + Parts + 0.5) * Math.Pow(2, power);
    }
}
