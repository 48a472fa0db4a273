using System.Globalization;
using Wyckoff.Bars;

namespace Wyckoff.Imports.Delimited;

/// <summary>A time as it is written: a day, perhaps a time of that day, perhaps how far that is from UTC.</summary>
/// <param name="Day">Days since 1970.</param>
/// <param name="OfDay">Microseconds since midnight.</param>
/// <param name="Offset">Microseconds ahead of UTC; <see cref="Naive"/> when it does not say.</param>
internal readonly record struct TimestampParts(long Day, long OfDay, long Offset)
{
    public const long Naive = long.MaxValue;
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;
    public const long Length = 24 * Hour;

    /// <summary>Microseconds since 1970, on whatever clock it was written by.</summary>
    public long Local => (Day * Length) + OfDay;

    public static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    public static bool TryDay(int year, int month, int day, out long number)
    {
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            number = 0;
            return false;
        }

        number = new DateOnly(year, month, day).DayNumber - Epoch;
        return true;
    }

    public static TimestampParts OfUtc(long time)
    {
        var day = (time / Length) - (time % Length < 0 ? 1 : 0);
        return new(day, time - (day * Length), 0);
    }

    /// <summary>A time as people write it.</summary>
    public static string Text(long time) =>
        Math.Abs(time) < Length * 700_000
            ? IncomingBar.InstantOf(time).ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{time} µs after 1970");
}
