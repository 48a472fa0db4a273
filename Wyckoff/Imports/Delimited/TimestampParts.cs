using System.Globalization;
using Wyckoff.Bars;

namespace Wyckoff.Imports.Delimited;

/// <summary>A timestamp as written in a file: the day, the time of day and the offset from UTC, if there is one.</summary>
/// <param name="Day">Days since 1970.</param>
/// <param name="OfDay">Microseconds since midnight; 0 for a date without a time.</param>
/// <param name="Offset">Microseconds ahead of UTC; <see cref="NoOffset"/> if the text has neither offset nor zone.</param>
internal readonly record struct TimestampParts(long Day, long OfDay, long Offset)
{
    public const long NoOffset = long.MaxValue;
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;
    public const long DayLength = 24 * Hour;

    /// <summary>Microseconds since 1970 on the local clock, whose offset is not applied.</summary>
    public long Local => (Day * DayLength) + OfDay;

    /// <summary>The day number of 1970-01-01.</summary>
    public static readonly int EpochDay = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>Converts a date to days since 1970; false if the date does not exist.</summary>
    public static bool TryDay(int year, int month, int day, out long days)
    {
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            days = 0;
            return false;
        }

        days = new DateOnly(year, month, day).DayNumber - EpochDay;
        return true;
    }

    /// <param name="time">Microseconds since 1970, UTC.</param>
    public static TimestampParts OfUtc(long time)
    {
        var day = (time / DayLength) - (time % DayLength < 0 ? 1 : 0);
        return new(day, time - (day * DayLength), 0);
    }

    /// <summary>Formats microseconds since 1970 for messages.</summary>
    public static string Text(long time) =>
        Math.Abs(time) < DayLength * 700_000
            ? IncomingBar.InstantOf(time).ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{time} µs after 1970");
}
