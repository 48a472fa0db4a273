using HdrHistogram;

namespace Wyckoff.Benchmarks.Load;

/// <summary>Histograms of durations in <see cref="System.Diagnostics.Stopwatch"/> ticks, exact to three digits.</summary>
internal static class Latencies
{
    private const int Digits = 3;
    private static readonly long Longest = TimeStamp.Minutes(10);

    public static LongHistogram New() => new(Longest, Digits);

    public static void Record(this LongHistogram latencies, long ticks) => latencies.RecordValue(Math.Clamp(ticks, 0, Longest));

    /// <summary>Returns the percentile in milliseconds; a share of 0.5 is the median.</summary>
    public static double Percentile(this LongHistogram latencies, double share) =>
        latencies.GetValueAtPercentile(100 * share) / OutputScalingFactor.TimeStampToMilliseconds;
}
