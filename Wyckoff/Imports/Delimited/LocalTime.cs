using Wyckoff.Bars;

namespace Wyckoff.Imports.Delimited;

/// <summary>Tracks, for one series, which run of a repeated hour its rows are in after the clock has gone back.</summary>
internal sealed class ClockState
{
    public long LastLocal = long.MinValue;
    public bool IsAmbiguous;
    public bool IsSecondRun;
}

/// <summary>Converts local times of a zone to UTC. The offset is cached per day, so most times need one comparison.</summary>
/// <param name="zone">The zone of the local times.</param>
/// <param name="descending">The newest row comes first.</param>
internal sealed class LocalTime(TimeZoneInfo zone, bool descending)
{
    private long _day = long.MinValue;
    private long _offsetBefore;
    private long _offsetAfter;
    private bool _isConstant;

    /// <summary>Converts a local time; false if the clock skipped it.</summary>
    /// <param name="local">Microseconds since 1970 on the clock of the zone.</param>
    /// <param name="width">The width of a bar in microseconds.</param>
    /// <param name="state">The state of the bar's series.</param>
    /// <param name="utc">Microseconds since 1970, UTC.</param>
    public bool TryResolve(long local, long width, ClockState state, out long utc)
    {
        var day = local / TimestampParts.DayLength;
        if (day != _day)
        {
            // No zone changes its clock twice within three days, so equal offsets on both sides mean no change in between.
            (_day, _offsetBefore, _offsetAfter) = (
                day,
                OffsetAt((day - 1) * TimestampParts.DayLength),
                OffsetAt((day + 2) * TimestampParts.DayLength)
            );
            _isConstant = _offsetBefore == _offsetAfter;
        }

        utc = local - _offsetBefore;
        return _isConstant || TryResolveAtChange(local, width, state, out utc);
    }

    private bool TryResolveAtChange(long local, long width, ClockState state, out long utc)
    {
        switch (IsShown(local))
        {
            case (true, true):
                break;
            case (true, false):
                utc = local - _offsetBefore;
                (state.LastLocal, state.IsAmbiguous) = (local, false);
                return true;
            case (false, true):
                utc = local - _offsetAfter;
                (state.LastLocal, state.IsAmbiguous) = (local, false);
                return true;
            default:
                utc = 0;
                return false;
        }

        // The clock shows this time twice, and only the order of the rows tells which run it is in. With ascending rows the second run
        // begins where the local time goes back; with descending rows the first run begins where it goes forward. A repeated local time is
        // a duplicate row, unless each run of the repeated hour has room for only one bar: then the second row is the bar of the other run.
        if (!state.IsAmbiguous)
        {
            state.IsSecondRun = descending;
        }
        else if (
            descending
                ? local > state.LastLocal || (local == state.LastLocal && IsShown(local - width) != (true, true))
                : local < state.LastLocal || (local == state.LastLocal && IsShown(local + width) != (true, true))
        )
        {
            state.IsSecondRun = !descending;
        }

        (state.LastLocal, state.IsAmbiguous) = (local, true);
        utc = local - (state.IsSecondRun ? _offsetAfter : _offsetBefore);
        return true;
    }

    /// <summary>Whether the clock shows a local time before the change of offset, and whether it does after.</summary>
    private (bool Before, bool After) IsShown(long local) =>
        (OffsetAt(local - _offsetBefore) == _offsetBefore, OffsetAt(local - _offsetAfter) == _offsetAfter);

    private long OffsetAt(long utc) =>
        zone.GetUtcOffset(
            IncomingBar.InstantOf(Math.Clamp(utc, -TimestampParts.DayLength * 700_000, TimestampParts.DayLength * 2_900_000))
        ).Ticks / TimeSpan.TicksPerMicrosecond;
}
