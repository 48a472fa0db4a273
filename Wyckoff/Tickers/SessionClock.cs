using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>
/// Assigns instants to buckets of a timeframe. Intraday buckets are aligned in UTC; a daily bucket is a session date in the ticker's time
/// zone. Not thread-safe: the clock caches the last session date.
/// </summary>
public sealed class SessionClock(TimeZoneInfo zone)
{
    private const long Day = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;
    private long _from = long.MaxValue;
    private long _until = long.MinValue;
    private long _date;

    /// <summary>
    /// Returns the timestamp of the bar that contains the instant. A daily bar has its session date at 00:00 UTC as its timestamp.
    /// </summary>
    public long Bucket(Timeframe timeframe, long time)
    {
        if (timeframe.IsDaily)
        {
            return SessionDate(time);
        }

        var width = timeframe.Microseconds;
        return Floor(time, width);
    }

    /// <summary>Returns the first instant after the bucket that contains the instant.</summary>
    public long BucketEnd(Timeframe timeframe, long time)
    {
        if (!timeframe.IsDaily)
        {
            return Bucket(timeframe, time) + timeframe.Microseconds;
        }

        SessionDate(time);
        return _until;
    }

    /// <summary>Returns the first instant of the session date that contains the instant.</summary>
    public long SessionStart(long time)
    {
        SessionDate(time);
        return _from;
    }

    /// <summary>
    /// Normalizes the timestamp that a source gives a daily bar. Midnight UTC already names the session date; any other instant is mapped
    /// to the session date that contains it.
    /// </summary>
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

    // A clock change can skip midnight or repeat it: the session starts at the first instant whose local date is the session date.
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
