using Wyckoff.Bars;

namespace Wyckoff.Imports.Delimited;

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
    private long _before;
    private long _after;
    private bool _steady;

    /// <summary>The instant; false when the clock never showed that time.</summary>
    /// <param name="local">Microseconds since 1970 on the zone's clock.</param>
    /// <param name="width">Of a bar: how much later the next one is at least.</param>
    /// <param name="state">Of the series the bar belongs to.</param>
    /// <param name="utc">Microseconds since 1970.</param>
    public bool TryResolve(long local, long width, ClockState state, out long utc)
    {
        var day = local / TimestampParts.Length;
        if (day != _day)
        {
            // No zone changes its clock twice within three days.
            (_day, _before, _after) = (day, OffsetAt((day - 1) * TimestampParts.Length), OffsetAt((day + 2) * TimestampParts.Length));
            _steady = _before == _after;
        }

        utc = local - _before;
        return _steady || TryResolveSlowly(local, width, state, out utc);
    }

    private bool TryResolveSlowly(long local, long width, ClockState state, out long utc)
    {
        switch (Shown(local))
        {
            case (true, true):
                break;
            case (true, false):
                utc = local - _before;
                (state.Last, state.Doubtful) = (local, false);
                return true;
            case (false, true):
                utc = local - _after;
                (state.Last, state.Doubtful) = (local, false);
                return true;
            default:
                utc = 0;
                return false;
        }

        // The clock shows this time twice. Which of the two it is only the order of the rows can tell: the second run begins where the clock goes back (or, newest first, the
        // first where it goes on). The same time again is a second row for one bar, unless the bars are so wide that the next is past what is shown twice.
        if (!state.Doubtful)
        {
            state.SecondRun = descending;
        }
        else if (
            descending
                ? local > state.Last || (local == state.Last && Shown(local - width) != (true, true))
                : local < state.Last || (local == state.Last && Shown(local + width) != (true, true))
        )
        {
            state.SecondRun = !descending;
        }

        (state.Last, state.Doubtful) = (local, true);
        utc = local - (state.SecondRun ? _after : _before);
        return true;
    }

    /// <summary>Whether the clock shows a time before it is changed, and whether after. Asked by way of UTC, where every instant is itself.</summary>
    private (bool Before, bool After) Shown(long local) => (OffsetAt(local - _before) == _before, OffsetAt(local - _after) == _after);

    private long OffsetAt(long utc) =>
        zone.GetUtcOffset(IncomingBar.InstantOf(Math.Clamp(utc, -TimestampParts.Length * 700_000, TimestampParts.Length * 2_900_000))).Ticks
        / TimeSpan.TicksPerMicrosecond;
}
