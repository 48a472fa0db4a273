using Wyckoff.Primitives;

namespace Wyckoff.Bars;

/// <summary>
/// Cuts time into spans that hold so many bars at most, for whoever goes through all bars of a ticker: what a query costs is the planning, which looks at every chunk
/// the bounds admit, and what a client holds is what one query gives.
/// </summary>
internal static class BarSpans
{
    private static readonly DateTimeOffset Earliest = IncomingBar.InstantOf(IncomingBar.Earliest);

    /// <summary>The spans of [<paramref name="from"/>, <paramref name="until"/>), oldest first. Where there are hardly any bars, before 1900 and after tomorrow, nothing is cut.</summary>
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
