using System.Collections;
using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Quality;

/// <summary>One date in a ticker's zone: the places at which a bar can be, and those at which one is. On the days of daylight saving there are fewer or more of them.</summary>
internal sealed class SessionDay
{
    private readonly Timeframe _timeframe;
    private readonly TimeZoneInfo _zone;
    private readonly TimeSpan? _offset;
    private readonly BitArray _present;

    public SessionDay(Timeframe timeframe, TimeZoneInfo zone, DateOnly date)
    {
        (_timeframe, _zone, Date) = (timeframe, zone, date);
        var (start, end) = timeframe.IsDaily
            ? (Midnight(date), Midnight(date.AddDays(1)))
            : (StartOf(zone, date), StartOf(zone, date.AddDays(1)));
        // Bars are on a grid of UTC.
        var ticks = timeframe.Width.Ticks;
        First = new DateTimeOffset((start.Ticks + ticks - 1) / ticks * ticks, TimeSpan.Zero);
        End = end;
        Places = First < end ? (int)((end.Ticks - First.Ticks + ticks - 1) / ticks) : 0;
        _offset =
            timeframe.IsDaily ? TimeSpan.Zero
            : end - start == TimeSpan.FromDays(1) ? zone.GetUtcOffset(start)
            : null;
        _present = new BitArray(Places);
    }

    public DateOnly Date { get; }

    /// <summary>How many places there are.</summary>
    public int Places { get; }

    /// <summary>Where the next date begins.</summary>
    public DateTimeOffset End { get; }

    private DateTimeOffset First { get; }

    /// <summary>The date on which a bar is.</summary>
    public static DateOnly DateOf(Timeframe timeframe, TimeZoneInfo zone, DateTimeOffset timestamp) =>
        DateOnly.FromDateTime(timeframe.IsDaily ? timestamp.UtcDateTime : TimeZoneInfo.ConvertTime(timestamp, zone).DateTime);

    /// <summary>The first instant of a date: not always midnight, which daylight saving leaves out or has twice in some zones.</summary>
    public static DateTimeOffset StartOf(TimeZoneInfo zone, DateOnly date)
    {
        var noon = new DateTimeOffset(date.ToDateTime(new(12, 0)), TimeSpan.Zero);
        return IncomingBar.InstantOf(new SessionClock(zone).SessionStart(IncomingBar.TimeOf(noon - zone.GetUtcOffset(noon))));
    }

    public void Add(DateTimeOffset timestamp)
    {
        // A bar off the grid counts for the place it is in; before the first, for the first.
        _present[Math.Clamp((int)((timestamp - First).Ticks / _timeframe.Width.Ticks), 0, Places - 1)] = true;
    }

    public bool IsPresent(int place) => _present[place];

    public DateTimeOffset TimeOf(int place) => First + _timeframe.Width * place;

    /// <summary>The local time of a place, in minutes since midnight.</summary>
    public int MinuteOf(int place)
    {
        var time = TimeOf(place);
        return (int)((time + (_offset ?? _zone.GetUtcOffset(time))).TimeOfDay.Ticks / TimeSpan.TicksPerMinute);
    }

    private static DateTimeOffset Midnight(DateOnly date) => new(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
