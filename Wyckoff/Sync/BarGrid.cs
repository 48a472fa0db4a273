using Wyckoff.Primitives;

namespace Wyckoff.Sync;

/// <summary>
/// The instants at which bars of a timeframe may open: multiples of its width in UTC. Daily bars open at midnight UTC of their session
/// date.
/// </summary>
internal static class BarGrid
{
    public static DateTimeOffset Floor(Timeframe timeframe, DateTimeOffset instant) =>
        instant
        - TimeSpan.FromTicks(
            (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) % timeframe.Width.Ticks is var rest && rest < 0
                ? rest + timeframe.Width.Ticks
                : rest
        );

    public static DateTimeOffset Ceiling(Timeframe timeframe, DateTimeOffset instant) =>
        Floor(timeframe, instant) is var floor && floor == instant ? floor : floor + timeframe.Width;

    /// <summary>
    /// Returns the range from the open of the first bar that opens within <paramref name="range"/> to the end of the last; null if none
    /// does.
    /// </summary>
    public static TimeRange? Align(Timeframe timeframe, TimeRange range)
    {
        var (start, end) = (Ceiling(timeframe, range.Start), Ceiling(timeframe, range.End));
        return start < end ? new(start, end) : null;
    }
}
