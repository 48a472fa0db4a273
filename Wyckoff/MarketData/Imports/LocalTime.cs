namespace Wyckoff.MarketData.Imports;

/// <summary>Where one series of bars is on a clock that goes back once a year.</summary>
internal sealed class ClockState
{
    public long Last = long.MinValue;
    public bool Doubtful;
    public bool SecondRun;
}

/// <summary>Clock times of a zone to UTC. Nearly every day has one offset, and then it costs a comparison.</summary>
/// <param name="zone">Whose clock.</param>
/// <param name="descending">The file begins with its newest row.</param>
internal sealed class LocalTime(TimeZoneInfo zone, bool descending)
{
    private long _day = long.MinValue;
    private long _offset;
    private bool _steady;

    /// <summary>The instant; false when the clock never showed that time.</summary>
    /// <param name="local">Microseconds since 1970 on the zone's clock.</param>
    /// <param name="width">Of a bar: how much later the next one is at least.</param>
    /// <param name="state">Of the series the bar belongs to.</param>
    /// <param name="utc">Microseconds since 1970.</param>
    public bool TryResolve(long local, long width, ClockState state, out long utc)
    {
        var day = local / Moment.Length;
        if (day != _day)
        {
            // No zone changes its clock twice within three days.
            _day = day;
            var (before, after) = (OffsetAt((day - 1) * Moment.Length), OffsetAt((day + 2) * Moment.Length));
            (_steady, _offset) = (before == after && before == OffsetAt(day * Moment.Length), before);
        }

        utc = local - _offset;
        return _steady || TryResolveSlowly(local, width, state, out utc);
    }

    private bool TryResolveSlowly(long local, long width, ClockState state, out long utc)
    {
        utc = 0;
        var clock = At(local);
        if (zone.IsInvalidTime(clock))
        {
            return false;
        }

        if (!zone.IsAmbiguousTime(clock))
        {
            utc = local - Micros(zone.GetUtcOffset(clock));
            (state.Last, state.Doubtful) = (local, false);
            return true;
        }

        // The hour runs twice, first by summer time. Which of the two it is only the order of the rows can tell: the second begins where the clock goes back (or, newest first,
        // the first where it goes on). The same time again is a second row for one bar, unless the bars are so wide that the next is past the hour.
        if (!state.Doubtful)
        {
            state.SecondRun = descending;
        }
        else if (descending ? local > state.Last || (local == state.Last && !zone.IsAmbiguousTime(At(local - width))) : local < state.Last || (local == state.Last && !zone.IsAmbiguousTime(At(local + width))))
        {
            state.SecondRun = !descending;
        }

        (state.Last, state.Doubtful) = (local, true);
        var offsets = zone.GetAmbiguousTimeOffsets(clock);
        var summer = offsets.Max();
        var winter = offsets.Min();
        utc = local - Micros(state.SecondRun ? winter : summer);
        return true;
    }

    private long OffsetAt(long utc) => Micros(zone.GetUtcOffset(IncomingBar.InstantOf(Math.Clamp(utc, -Moment.Length * 700_000, Moment.Length * 2_900_000))));

    private static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTime At(long local) => new(DateTime.UnixEpoch.Ticks + (local * TimeSpan.TicksPerMicrosecond), DateTimeKind.Unspecified);
}
