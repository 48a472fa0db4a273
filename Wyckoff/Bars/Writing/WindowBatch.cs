using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Bars.Writing;

/// <summary>The bars that one transaction writes to one window: validated, sorted by time, one per timestamp.</summary>
internal sealed class WindowBatch
{
    private WindowBatch(TickerRef ticker, Timeframe timeframe, ReadOnlyMemory<IncomingBar> bars, long duplicates) =>
        (Ticker, Timeframe, Bars, Duplicates) = (ticker, timeframe, bars, duplicates);

    public TickerRef Ticker { get; }

    public Timeframe Timeframe { get; }

    public ReadOnlyMemory<IncomingBar> Bars { get; }

    /// <summary>The number of bars that were dropped because a later bar has the same timestamp.</summary>
    public long Duplicates { get; }

    /// <summary>A price is zero or negative, which the ticker allows.</summary>
    public bool HasNegative
    {
        get
        {
            if (Ticker.AllowsNegative)
            {
                foreach (ref readonly var bar in Bars.Span)
                {
                    if (bar.Low <= 0 || bar.Vwap < 0)
                    {
                        return true;
                    }
                }
            }

            return false;
        }
    }

    public SessionClock Clock => field ??= new(Ticker.Zone);

    public long LockKey => BarWindow.LockKey(Ticker.Id, Timeframe);

    /// <summary>The time of the first bar.</summary>
    public long First => Bars.Span[0].Time;

    /// <summary>The time of the last bar.</summary>
    public long Last => Bars.Span[^1].Time;

    /// <summary>From the open of the first bar to the close of the last.</summary>
    public WindowRange Range => new(Ticker.Id, Timeframe, First, Last + Timeframe.Microseconds);

    /// <exception cref="ArgumentException">A bar breaks a rule or is not aligned to the timeframe.</exception>
    public static WindowBatch Of(TickerRef ticker, Timeframe timeframe, ReadOnlyMemory<IncomingBar>[] lists)
    {
        // The usual case: one list that is sorted already is used without a copy.
        if (lists.Length == 1 && IsReady(lists[0].Span, ticker, timeframe))
        {
            return new(ticker, timeframe, lists[0], 0);
        }

        var bars = new IncomingBar[lists.Sum(list => list.Length)];
        var order = new (long Time, int Index)[bars.Length];
        var clock = new SessionClock(ticker.Zone);
        var count = 0;
        foreach (var list in lists)
        {
            foreach (ref readonly var given in list.Span)
            {
                var bar = timeframe.IsDaily ? given with { Time = clock.DailyTimestamp(given.Time) } : given;
                Check(bar, ticker, timeframe);
                order[count] = (bar.Time, count);
                bars[count++] = bar;
            }
        }

        // Sorting by the index as well makes the sort stable, so the last of several bars with the same timestamp wins.
        Array.Sort(order);
        var sorted = new IncomingBar[count];
        var distinct = 0;
        for (var i = 0; i < count; i++)
        {
            if (i + 1 == count || order[i + 1].Time != order[i].Time)
            {
                sorted[distinct++] = bars[order[i].Index];
            }
        }

        return new(ticker, timeframe, sorted.AsMemory(0, distinct), count - distinct);
    }

    private static bool IsReady(ReadOnlySpan<IncomingBar> bars, TickerRef ticker, Timeframe timeframe)
    {
        var previous = long.MinValue;
        foreach (ref readonly var bar in bars)
        {
            if (bar.Time <= previous || bar.Time % timeframe.Microseconds != 0)
            {
                return false;
            }

            Check(bar, ticker, timeframe);
            previous = bar.Time;
        }

        return true;
    }

    private static void Check(in IncomingBar bar, TickerRef ticker, Timeframe timeframe)
    {
        if (bar.BrokenRule(ticker.AllowsNegative) is { } rule)
        {
            throw new ArgumentException($"The {timeframe} bar of {ticker.Symbol} at {bar.Timestamp:O}: {rule}.");
        }

        if (bar.Time % timeframe.Microseconds != 0)
        {
            throw new ArgumentException(
                $"The {timeframe} bar of {ticker.Symbol} at {bar.Timestamp:O}: a multiple of {timeframe} in UTC was expected."
            );
        }
    }
}
