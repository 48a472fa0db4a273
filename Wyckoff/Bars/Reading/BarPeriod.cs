using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Reading;

/// <summary>
/// The width of requested bars: a stored timeframe, or a multiple of one, which is resampled at read time. Minutes and hours are
/// counted in UTC since 1970. Days, weeks (from Monday), months, quarters and years consist of session dates, which are dates in the
/// ticker's time zone.
/// </summary>
public sealed record BarPeriod
{
    public const string Expected = "1m, 5m, 15m, 30m, 1h, 4h, 1d, or a multiple such as 3m, 10m, 2h, 2d, 1w, 1mo, 1q or 1y";

    private const long Day = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;

    // 1970-01-05 was a Monday.
    private const long FirstMonday = 4;

    // In any case, except that no name ends with an upper-case M: elsewhere 1M is a month.
    private static readonly (string Name, Unit Unit, int Times, int Most)[] Units =
    [
        ("m", Unit.Minute, 1, 1440),
        ("min", Unit.Minute, 1, 1440),
        ("minute", Unit.Minute, 1, 1440),
        ("h", Unit.Minute, 60, 24),
        ("hour", Unit.Minute, 60, 24),
        ("d", Unit.Day, 1, 366),
        ("day", Unit.Day, 1, 366),
        ("w", Unit.Day, 7, 52),
        ("week", Unit.Day, 7, 52),
        ("mo", Unit.Month, 1, 120),
        ("month", Unit.Month, 1, 120),
        ("q", Unit.Month, 3, 40),
        ("quarter", Unit.Month, 3, 40),
        ("y", Unit.Month, 12, 100),
        ("year", Unit.Month, 12, 100),
    ];

    private readonly Unit _unit;
    private readonly int _count;

    private BarPeriod(string name, Timeframe source, Unit unit, int count) => (Name, Source, _unit, _count) = (name, source, unit, count);

    private enum Unit
    {
        Minute,
        Day,
        Week,
        Month,
    }

    public string Name { get; }

    /// <summary>
    /// The coarsest stored timeframe of which the period is a multiple. No stored timeframe is more complete: each write rolls finer
    /// bars up into it, and it also holds bars that providers gave without finer ones.
    /// </summary>
    public Timeframe Source { get; }

    public bool IsStored => Name == Source.Name;

    /// <summary>The timestamps of the bars are session dates.</summary>
    public bool IsOfDates => Source.IsDaily;

    /// <summary>The usual minimum number of bars of the source in one bar.</summary>
    public int Parts =>
        _unit switch
        {
            Unit.Minute => _count / (int)Source.Width.TotalMinutes,
            Unit.Day or Unit.Week => _count,
            _ => _count * 31,
        };

    public static implicit operator BarPeriod(Timeframe timeframe) =>
        new(
            timeframe.Name,
            timeframe,
            timeframe.IsDaily ? Unit.Day : Unit.Minute,
            timeframe.IsDaily ? 1 : (int)timeframe.Width.TotalMinutes
        );

    public static bool TryParse(string? text, [NotNullWhen(true)] out BarPeriod? period)
    {
        period = null;
        if (Timeframe.TryParse(text, out var stored))
        {
            period = stored;
            return true;
        }

        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits is < 1 or > 4 || text![0] == '0' || text.EndsWith('M'))
        {
            return false;
        }

        var written = int.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        foreach (var (name, unit, times, most) in Units)
        {
            if (text.AsSpan(digits).Equals(name, StringComparison.OrdinalIgnoreCase) && written <= most)
            {
                period = Of(unit, written * times, times == 7);
                return true;
            }
        }

        return false;
    }

    /// <summary>The timestamp of the bar that contains the bar of the source at this time.</summary>
    public long Bucket(long time)
    {
        if (_unit == Unit.Minute)
        {
            return Floor(time, _count * 60_000_000L) * (_count * 60_000_000L);
        }

        var day = Floor(time, Day);
        return _unit switch
        {
            Unit.Day => Floor(day, _count) * _count * Day,
            Unit.Week => (Floor(day - FirstMonday, _count) * _count + FirstMonday) * Day,
            _ => OfMonth(Floor(MonthOf(day), _count) * _count),
        };
    }

    /// <summary>The timestamp one step after a bucket.</summary>
    public long Next(long bucket) =>
        _unit switch
        {
            Unit.Minute => bucket + _count * 60_000_000L,
            Unit.Day or Unit.Week => bucket + _count * Day,
            _ => OfMonth(MonthOf(Floor(bucket, Day)) + _count),
        };

    /// <summary>The timestamp a number of steps before a bucket.</summary>
    public long Before(long bucket, long steps) =>
        _unit switch
        {
            Unit.Minute => bucket - steps * _count * 60_000_000L,
            Unit.Day or Unit.Week => bucket - steps * _count * Day,
            _ => OfMonth(MonthOf(Floor(bucket, Day)) - steps * _count),
        };

    public override string ToString() => Name;

    private static BarPeriod Of(Unit unit, int count, bool weeks)
    {
        if (unit != Unit.Minute)
        {
            var name =
                unit == Unit.Day ? (weeks ? $"{count / 7}w" : $"{count}d")
                : count % 12 == 0 ? $"{count / 12}y"
                : count % 3 == 0 ? $"{count / 3}q"
                : $"{count}mo";
            return new(name, Timeframe.Day1, weeks ? Unit.Week : unit, count);
        }

        var source = Timeframe.Stored.Last(stored => !stored.IsDaily && count % (int)stored.Width.TotalMinutes == 0);
        return source.Width.TotalMinutes == count
            ? source
            : new BarPeriod(count % 60 == 0 ? $"{count / 60}h" : $"{count}m", source, unit, count);
    }

    private static long MonthOf(long day)
    {
        var date = DateOnly.FromDayNumber((int)(day + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber));
        return date.Year * 12L + date.Month - 1;
    }

    private static long OfMonth(long month) =>
        (
            month / 12 > 9999 ? DateOnly.MaxValue
            : month < 12 ? DateOnly.MinValue
            : new DateOnly((int)(month / 12), (int)(month % 12) + 1, 1)
        ).DayNumber * Day
        - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber * Day;

    private static long Floor(long value, long width) => value >= 0 ? value / width : -((width - 1 - value) / width);
}
