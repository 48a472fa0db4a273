using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Delimited;

/// <summary>The forms in which files write the time of a bar.</summary>
internal enum TimeForm
{
    /// <summary>2024-01-02, 2024/1/2, 2024.01.02, with or without a time after it.</summary>
    YearFirst,

    /// <summary>20240102, 20240102 093000, 202401020930.</summary>
    Compact,

    /// <summary>01/31/2024, as in the United States.</summary>
    MonthFirst,

    /// <summary>31/01/2024, 31.01.2024.</summary>
    DayFirst,

    /// <summary>Jan 02, 2024; 02-Jan-2024; 2 January 2024.</summary>
    Named,

    /// <summary>A number of seconds, milliseconds, microseconds or nanoseconds since 1970.</summary>
    Epoch,

    /// <summary>Milliseconds since midnight; the name of the file gives the day.</summary>
    OfDay,

    /// <summary>The user gave a <see cref="TimePattern"/>.</summary>
    Pattern,
}

/// <summary>Reads the times of one file, which all have the same form.</summary>
internal sealed class TimeReader
{
    // Caches the last date, since consecutive rows usually have the same one.
    private readonly byte[] _lastDate = new byte[16];
    private int _lastLength = -1;
    private long _lastDay;

    public required TimeForm Form { get; init; }

    /// <summary>For <see cref="TimeForm.Epoch"/>: the number of units per second.</summary>
    public long PerSecond { get; init; } = 1;

    /// <summary>The unit was detected by magnitude, so numbers of another magnitude are refused.</summary>
    public bool Strict { get; init; }

    public TimePattern? Pattern { get; init; }

    /// <summary>For <see cref="TimeForm.OfDay"/>: the day, in days since 1970.</summary>
    public long BaseDay { get; init; }

    /// <summary>Describes the expected form for the reason of a reject.</summary>
    public string Description =>
        Form switch
        {
            TimeForm.YearFirst => "a time such as 2024-01-02 09:30:00",
            TimeForm.Compact => "a time such as 20240102 093000",
            TimeForm.MonthFirst => "a time such as 01/31/2024 09:30",
            TimeForm.DayFirst => "a time such as 31/01/2024 09:30",
            TimeForm.Named => "a date such as Jan 31, 2024",
            TimeForm.Epoch => $"a number of {Unit} since 1970, as in the rows at the beginning",
            TimeForm.OfDay => "a number of milliseconds since midnight",
            _ => $"a time of the form {Pattern}",
        };

    /// <summary>The form as --date-format has it: a pattern, here of the date only, or a unit since 1970.</summary>
    public string Format =>
        Form switch
        {
            TimeForm.YearFirst => "yyyy-MM-dd",
            TimeForm.Compact => "yyyyMMdd",
            TimeForm.MonthFirst => "MM/dd/yyyy",
            TimeForm.DayFirst => "dd/MM/yyyy",
            TimeForm.Named => "MMM d, yyyy",
            TimeForm.Epoch => PerSecond switch
            {
                1 => "s",
                1_000 => "ms",
                1_000_000 => "us",
                _ => "ns",
            },
            TimeForm.OfDay => "milliseconds since midnight",
            _ => Pattern!.ToString(),
        };

    private string Unit =>
        PerSecond switch
        {
            1 => "seconds",
            1_000 => "milliseconds",
            1_000_000 => "microseconds",
            _ => "nanoseconds",
        };

    /// <summary>
    /// Detects the unit of a number since 1970 by its magnitude: units per second. Right for all times from 1973 to 5138.
    /// </summary>
    public static long UnitOf(long number) =>
        Math.Abs(number) switch
        {
            < 100_000_000_000 => 1,
            < 100_000_000_000_000 => 1_000,
            < 100_000_000_000_000_000 => 1_000_000,
            _ => 1_000_000_000,
        };

    public bool TryRead(ReadOnlySpan<byte> text, out TimestampParts timestamp)
    {
        timestamp = default;
        switch (Form)
        {
            case TimeForm.Epoch:
                return TryEpoch(text, out timestamp);
            case TimeForm.OfDay:
                if (
                    !FixedPoint.TryPlain(text, (byte)'.', out var amount)
                    || amount % IncomingBar.One != 0
                    || amount / IncomingBar.One >= 86_400_000
                )
                {
                    return false;
                }

                timestamp = new(BaseDay, amount / IncomingBar.One * 1_000, TimestampParts.NoOffset);
                return true;
            case TimeForm.Pattern:
                return Pattern!.TryRead(text, out timestamp);
            default:
                return TryDated(text, out timestamp);
        }
    }

    /// <summary>Reads a date from one column and the time of day from another.</summary>
    public bool TryRead(ReadOnlySpan<byte> date, ReadOnlySpan<byte> clock, out TimestampParts timestamp)
    {
        var offset = TimestampParts.NoOffset;
        if (
            !TryRead(date, out timestamp)
            || timestamp.OfDay != 0
            || !ClockText.TryOfDay(ref clock, out var ofDay)
            || !ClockText.TryZone(ref clock, out offset)
            || !clock.IsEmpty
        )
        {
            return false;
        }

        timestamp = new(timestamp.Day, ofDay, offset);
        return true;
    }

    private bool TryDated(ReadOnlySpan<byte> text, out TimestampParts timestamp)
    {
        timestamp = default;
        if (
            _lastLength > 0
            && text.Length >= _lastLength
            && text[.._lastLength].SequenceEqual(_lastDate.AsSpan(0, _lastLength))
            && (text.Length == _lastLength || (uint)(text[_lastLength] - '0') > 9 || Form == TimeForm.Compact)
        )
        {
            text = text[_lastLength..];
        }
        else
        {
            var rest = text;
            var parsed = Form switch
            {
                TimeForm.Compact => TryCompact(ref rest, out _lastDay),
                TimeForm.Named => TryNamed(ref rest, out _lastDay),
                _ => TryNumeric(ref rest, Form, out _lastDay),
            };
            _lastLength = parsed ? text.Length - rest.Length : -1;
            if (!parsed)
            {
                return false;
            }

            if (_lastLength <= _lastDate.Length)
            {
                text[.._lastLength].CopyTo(_lastDate);
            }
            else
            {
                _lastLength = -1;
            }

            text = rest;
        }

        if (text.IsEmpty)
        {
            timestamp = new(_lastDay, 0, TimestampParts.NoOffset);
            return true;
        }

        // Date and time are separated by T, a space, a comma or a semicolon. Only the compact form may have no separator.
        if (text[0] is (byte)'T' or (byte)'t' or (byte)' ' or (byte)',' or (byte)';')
        {
            text = text[1..].TrimStart((byte)' ');
        }
        else if (Form != TimeForm.Compact || (uint)(text[0] - '0') > 9)
        {
            return false;
        }

        if (!ClockText.TryOfDay(ref text, out var ofDay) || !ClockText.TryZone(ref text, out var offset) || !text.IsEmpty)
        {
            return false;
        }

        timestamp = new(_lastDay, ofDay, offset);
        return true;
    }

    private bool TryEpoch(ReadOnlySpan<byte> text, out TimestampParts timestamp)
    {
        timestamp = default;
        long value = 0;
        var negative = !text.IsEmpty && text[0] == '-';
        var i = negative ? 1 : 0;
        var first = i;
        for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++)
        {
            value = (value * 10) + (text[i] - '0');
        }

        long micros;
        if (i == text.Length && i > first && i - first <= 18 + first)
        {
            value = negative ? -value : value;
            if (PerSecond <= TimestampParts.Second)
            {
                var scale = TimestampParts.Second / PerSecond;
                if (Math.Abs(value) > long.MaxValue / 4 / scale)
                {
                    return false;
                }

                micros = value * scale;
            }
            else if (value % 1_000 != 0)
            {
                return false;
            }
            else
            {
                micros = value / 1_000;
            }

            if (Strict && UnitOf(value) != PerSecond)
            {
                return false;
            }
        }
        else if (FixedPoint.Parse(text, NumberStyle.Plain, suffixes: false, out var amount) == NumberFault.None)
        {
            // Fractions and exponents: 1704205800.5, 1.7042058e9.
            var (whole, rest) = Int128.DivRem(amount * TimestampParts.Second, (Int128)IncomingBar.One * PerSecond);
            if (rest != 0 || Int128.Abs(whole) > long.MaxValue / 4)
            {
                return false;
            }

            micros = (long)whole;
        }
        else
        {
            return false;
        }

        timestamp = TimestampParts.OfUtc(micros);
        return true;
    }

    private static bool TryCompact(ref ReadOnlySpan<byte> text, out long day)
    {
        day = 0;
        if (text.Length < 8 || text[..8].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var number = 0;
        foreach (var c in text[..8])
        {
            number = (number * 10) + (c - '0');
        }

        text = text[8..];
        return TimestampParts.TryDay(number / 10_000, number / 100 % 100, number % 100, out day);
    }

    private static bool TryNumeric(ref ReadOnlySpan<byte> text, TimeForm form, out long day)
    {
        day = 0;
        if (
            !Number(ref text, out var first, out var length)
            || !Mark(ref text, out var mark)
            || !Number(ref text, out var second, out _)
            || text.IsEmpty
            || text[0] != mark
        )
        {
            return false;
        }

        text = text[1..];
        if (!Number(ref text, out var third, out var lastLength) || (form == TimeForm.YearFirst ? length : lastLength) != 4)
        {
            return false;
        }

        return form switch
        {
            TimeForm.YearFirst => TimestampParts.TryDay(first, second, third, out day),
            TimeForm.MonthFirst => TimestampParts.TryDay(third, first, second, out day),
            _ => TimestampParts.TryDay(third, second, first, out day),
        };
    }

    private static bool TryNamed(ref ReadOnlySpan<byte> text, out long day)
    {
        day = 0;
        int number,
            month;
        if (!text.IsEmpty && char.IsAsciiLetter((char)text[0]))
        {
            if (!TimePattern.MonthName(ref text, out month) || !Blank(ref text) || !Number(ref text, out number, out _))
            {
                return false;
            }
        }
        else if (!Number(ref text, out number, out _) || !Blank(ref text) || !TimePattern.MonthName(ref text, out month))
        {
            return false;
        }

        return Blank(ref text)
            && Number(ref text, out var year, out var length)
            && length == 4
            && TimestampParts.TryDay(year, month, number, out day);

        static bool Blank(ref ReadOnlySpan<byte> text)
        {
            var trimmed = text.TrimStart(" ,-/"u8);
            var any = trimmed.Length < text.Length;
            text = trimmed;
            return any;
        }
    }

    private static bool Number(ref ReadOnlySpan<byte> text, out int number, out int length)
    {
        number = 0;
        length = 0;
        for (; length < 4 && length < text.Length && (uint)(text[length] - '0') <= 9; length++)
        {
            number = (number * 10) + (text[length] - '0');
        }

        text = text[length..];
        return length > 0;
    }

    private static bool Mark(ref ReadOnlySpan<byte> text, out byte mark)
    {
        mark = text.IsEmpty ? (byte)0 : text[0];
        if (mark is not ((byte)'-' or (byte)'/' or (byte)'.'))
        {
            return false;
        }

        text = text[1..];
        return true;
    }
}
