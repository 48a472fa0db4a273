using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>Which bucket of a coarser timeframe an instant belongs to. Intraday buckets are aligned in UTC; a day is a session date in the ticker's zone. Not thread-safe: it remembers the day it was last asked for.</summary>
public sealed class SessionClock(TimeZoneInfo zone)
{
    private const long Day = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;
    private long _from = long.MaxValue;
    private long _until = long.MinValue;
    private long _date;

    /// <summary>The timestamp of the bar of the timeframe that an instant falls in; a daily bar's is its session date at 00:00 UTC.</summary>
    public long Bucket(Timeframe timeframe, long time)
    {
        if (timeframe.IsDaily)
        {
            return SessionDate(time);
        }

        var width = timeframe.Microseconds;
        return Floor(time, width);
    }

    /// <summary>The first instant after the bucket that an instant falls in.</summary>
    public long BucketEnd(Timeframe timeframe, long time)
    {
        if (!timeframe.IsDaily)
        {
            return Bucket(timeframe, time) + timeframe.Microseconds;
        }

        SessionDate(time);
        return _until;
    }

    /// <summary>The first instant of the session date that an instant falls in.</summary>
    public long SessionStart(long time)
    {
        SessionDate(time);
        return _from;
    }

    /// <summary>The timestamp of a daily bar, from whatever instant its source gave it: midnight UTC names a session date, everything else falls into one.</summary>
    public long DailyTimestamp(long time) => time == Floor(time, Day) ? time : SessionDate(time);

    private long SessionDate(long time)
    {
        if (time < _from || time >= _until)
        {
            _date = DateOf(time);
            _from = FirstInstantOf(_date, time);
            _until = FirstInstantOf(_date + Day, time + Day);
        }

        return _date;
    }

    private long DateOf(long time) => Floor(time + Offset(time), Day);

    // The clock may be put forward over midnight, or back over it; the first instant that shows the date counts.
    private long FirstInstantOf(long date, long near)
    {
        var guess = date - Offset(near);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            if (DateOf(guess) >= date && DateOf(guess - 1) < date)
            {
                return guess;
            }

            guess = date - Offset(attempt == 0 ? guess : guess - 1);
        }

        var (low, high) = (date - Day, date + Day);
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            (low, high) = DateOf(middle) >= date ? (low, middle) : (middle, high);
        }

        return high;
    }

    private long Offset(long time) => zone.GetUtcOffset(IncomingBar.InstantOf(time)).Ticks / TimeSpan.TicksPerMicrosecond;

    private static long Floor(long time, long width)
    {
        var rest = time % width;
        return time - (rest < 0 ? rest + width : rest);
    }
}
