using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;
using Wyckoff.Tickers;

namespace Wyckoff.Sync;

/// <summary>An answer after it has been judged: the bars that may be written, why the others may not, and what need not be asked again.</summary>
internal sealed record CheckedPage(
    IReadOnlyList<IncomingBar> Bars,
    IReadOnlyList<BarFault> Rejected,
    IReadOnlyList<TimeRange> Covered,
    bool Unreadable
)
{
    /// <param name="page">The answer.</param>
    /// <param name="asked">What it is an answer to.</param>
    /// <param name="from">Up to here, earlier answers have told all.</param>
    /// <param name="settled">From here on, nothing counts as told.</param>
    /// <param name="ticker">Whose bars.</param>
    /// <param name="timeframe">Their width.</param>
    public static CheckedPage Of(
        ProviderPage page,
        TimeRange asked,
        DateTimeOffset from,
        DateTimeOffset settled,
        TickerRef ticker,
        Timeframe timeframe
    )
    {
        var (good, rejected, holes) = (new List<IncomingBar>(page.Bars.Count), new List<BarFault>(page.Faults), new List<DateTimeOffset>());
        var sessions = new SessionClock(ticker.Zone);
        foreach (var bar in page.Bars)
        {
            var time = timeframe.IsDaily ? sessions.DailyTimestamp(bar.Time) : bar.Time;
            var timestamp = IncomingBar.InstantOf(time);
            var fault =
                !asked.Contains(timestamp) ? FormattableString.Invariant($"outside of what was asked for, {asked}")
                : BarGrid.Floor(timeframe, timestamp) != timestamp ? $"a bar of {timeframe} does not open at this time"
                : bar.BrokenRule();
            if (fault is null)
            {
                good.Add(bar with { Time = time });
            }
            else
            {
                rejected.Add(new(timestamp, fault));
            }
        }

        var until = BarGrid.Floor(timeframe, page.CompleteUntil);
        until = until < asked.End ? until : asked.End;
        until = until < settled ? until : settled;
        // Where a bar was refused there may be one: that place stays open.
        var unreadable = rejected.Exists(fault => fault.Timestamp is null);
        holes.AddRange(
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
        foreach (var hole in holes.Where(hole => hole >= from && hole < until))
        {
            if (hole > from)
            {
                covered.Add(new(from, hole));
            }

            from = hole + timeframe.Width;
        }

        if (from < until)
        {
            covered.Add(new(from, until));
        }

        return new(good, rejected, unreadable ? [] : covered, unreadable);
    }
}
