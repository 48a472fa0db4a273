using Wyckoff.Primitives;

namespace Wyckoff.Bars;

/// <summary>
/// Cuts a time range into spans that hold a limited number of bars, for code that reads all bars of a window. A query over a short span is
/// planned faster, because the planner looks at every chunk within the bounds, and its result needs less memory.
/// </summary>
internal static class BarSpans
{
    private static readonly DateTimeOffset Earliest = IncomingBar.InstantOf(IncomingBar.Earliest);

    /// <summary>
    /// The spans of [<paramref name="from"/>, <paramref name="until"/>), oldest first. Times before 1700 and after tomorrow, which have
    /// hardly any bars, are not cut.
    /// </summary>
    public static IEnumerable<TimeRange> Cut(Timeframe timeframe, DateTimeOffset from, DateTimeOffset until, int bars, DateTimeOffset now)
    {
        var width = timeframe.Width * bars;
        var horizon = now + TimeSpan.FromDays(1);
        for (var start = from; start < until; )
        {
            var end =
                start < Earliest ? Earliest
                : horizon - start <= width ? until
                : start + width;
            yield return new(start, end = end < until ? end : until);
            start = end;
        }
    }
}
