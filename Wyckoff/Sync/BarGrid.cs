using Wyckoff.Primitives;

namespace Wyckoff.Sync;

/// <summary>The instants at which bars of a timeframe may open: multiples of its width in UTC; for daily bars, midnights in UTC, which stand for session dates.</summary>
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

    /// <summary>The same bars, from the open of the first to the end of the last; null when no bar can open within the range.</summary>
    public static TimeRange? Align(Timeframe timeframe, TimeRange range)
    {
        var (start, end) = (Ceiling(timeframe, range.Start), Ceiling(timeframe, range.End));
        return start < end ? new(start, end) : null;
    }
}
