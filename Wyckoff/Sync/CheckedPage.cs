using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;
using Wyckoff.Tickers;

namespace Wyckoff.Sync;

/// <summary>A page of a provider's answer after validation.</summary>
/// <param name="Bars">The valid bars.</param>
/// <param name="Rejected">The invalid bars, with the reasons.</param>
/// <param name="Covered">The ranges that need not be requested again.</param>
/// <param name="Unreadable">Whether there is a bar without a readable time. Any bar may then be missing, so nothing is covered.</param>
internal sealed record CheckedPage(
    IReadOnlyList<IncomingBar> Bars,
    IReadOnlyList<BarFault> Rejected,
    IReadOnlyList<TimeRange> Covered,
    bool Unreadable
)
{
    /// <summary>Validates a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="requested">The range that was requested.</param>
    /// <param name="from">The end of the part of the range that earlier pages have covered.</param>
    /// <param name="settled">The instant from which on bars may still change, so that nothing counts as covered.</param>
    /// <param name="ticker">The ticker of the bars.</param>
    /// <param name="timeframe">The timeframe of the bars.</param>
    public static CheckedPage Of(
        ProviderPage page,
        TimeRange requested,
        DateTimeOffset from,
        DateTimeOffset settled,
        TickerRef ticker,
        Timeframe timeframe
    )
    {
        var (valid, rejected, gaps) = (new List<IncomingBar>(page.Bars.Count), new List<BarFault>(page.Faults), new List<DateTimeOffset>());
        var sessions = new SessionClock(ticker.Zone);
        foreach (var bar in page.Bars)
        {
            var time = timeframe.IsDaily ? sessions.DailyTimestamp(bar.Time) : bar.Time;
            var timestamp = IncomingBar.InstantOf(time);
            var fault =
                !requested.Contains(timestamp) ? FormattableString.Invariant($"outside of what was requested for, {requested}")
                : BarGrid.Floor(timeframe, timestamp) != timestamp ? $"a bar of {timeframe} does not open at this time"
                : bar.BrokenRule(ticker.AllowsNegative);
            if (fault is null)
            {
                valid.Add(bar with { Time = time });
            }
            else
            {
                rejected.Add(new(timestamp, fault));
            }
        }

        var until = BarGrid.Floor(timeframe, page.CompleteUntil);
        until = until < requested.End ? until : requested.End;
        until = until < settled ? until : settled;
        // The place of a rejected bar is not covered, so that the next sync requests it again.
        var unreadable = rejected.Exists(fault => fault.Timestamp is null);
        gaps.AddRange(
            rejected
                .Select(fault => fault.Timestamp)
                .OfType<DateTimeOffset>()
                .Select(timestamp =>
                    BarGrid.Floor(
                        timeframe,
                        timeframe.IsDaily ? IncomingBar.InstantOf(sessions.DailyTimestamp(IncomingBar.TimeOf(timestamp))) : timestamp
                    )
                )
                .Distinct()
                .Order()
        );
        var covered = new List<TimeRange>();
        foreach (var gap in gaps.Where(gap => gap >= from && gap < until))
        {
            if (gap > from)
            {
                covered.Add(new(from, gap));
            }

            from = gap + timeframe.Width;
        }

        if (from < until)
        {
            covered.Add(new(from, until));
        }

        return new(valid, rejected, unreadable ? [] : covered, unreadable);
    }
}
