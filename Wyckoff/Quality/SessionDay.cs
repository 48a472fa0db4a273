using System.Collections;
using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Quality;

/// <summary>
/// One date in a ticker's time zone: the slots in which a bar can be, and those in which there is one. The number of slots differs on days
/// when the clocks change.
/// </summary>
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
        // Bars are aligned in UTC, not in local time.
        var ticks = timeframe.Width.Ticks;
        First = new DateTimeOffset((start.Ticks + ticks - 1) / ticks * ticks, TimeSpan.Zero);
        End = end;
        Slots = First < end ? (int)((end.Ticks - First.Ticks + ticks - 1) / ticks) : 0;
        _offset =
            timeframe.IsDaily ? TimeSpan.Zero
            : end - start == TimeSpan.FromDays(1) ? zone.GetUtcOffset(start)
            : null;
        _present = new BitArray(Slots);
    }

    public DateOnly Date { get; }

    /// <summary>The number of slots.</summary>
    public int Slots { get; }

    /// <summary>The start of the next date.</summary>
    public DateTimeOffset End { get; }

    private DateTimeOffset First { get; }

    /// <summary>The date that a bar belongs to.</summary>
    public static DateOnly DateOf(Timeframe timeframe, TimeZoneInfo zone, DateTimeOffset timestamp) =>
        DateOnly.FromDateTime(timeframe.IsDaily ? timestamp.UtcDateTime : TimeZoneInfo.ConvertTime(timestamp, zone).DateTime);

    /// <summary>The first instant of a date. Where the clocks change at midnight, this is not always 00:00.</summary>
    public static DateTimeOffset StartOf(TimeZoneInfo zone, DateOnly date)
    {
        var noon = new DateTimeOffset(date.ToDateTime(new(12, 0)), TimeSpan.Zero);
        return IncomingBar.InstantOf(new SessionClock(zone).SessionStart(IncomingBar.TimeOf(noon - zone.GetUtcOffset(noon))));
    }

    public void Add(DateTimeOffset timestamp)
    {
        // A bar that is not aligned counts for the slot it falls in, or for the first slot if it is before that.
        _present[Math.Clamp((int)((timestamp - First).Ticks / _timeframe.Width.Ticks), 0, Slots - 1)] = true;
    }

    public bool IsPresent(int slot) => _present[slot];

    public DateTimeOffset TimeOf(int slot) => First + _timeframe.Width * slot;

    /// <summary>The local time of a slot, in minutes since midnight.</summary>
    public int MinuteOf(int slot)
    {
        var time = TimeOf(slot);
        return (int)((time + (_offset ?? _zone.GetUtcOffset(time))).TimeOfDay.Ticks / TimeSpan.TicksPerMinute);
    }

    private static DateTimeOffset Midnight(DateOnly date) => new(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
