using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Delimited;

/// <summary>The ways in which files write when a bar opens.</summary>
internal enum TimeForm
{
    /// <summary>2024-01-02, 2024/1/2, 2024.01.02, with or without a time after it.</summary>
    YearFirst,

    /// <summary>20240102, 20240102 093000, 202401020930.</summary>
    Compact,

    /// <summary>01/02/2024 as in the United States.</summary>
    MonthFirst,

    /// <summary>02/01/2024, 02.01.2024 as elsewhere.</summary>
    DayFirst,

    /// <summary>Jan 02, 2024; 02-Jan-2024; 2 January 2024.</summary>
    Named,

    /// <summary>So many units since 1970.</summary>
    Epoch,

    /// <summary>Milliseconds since midnight of a day that the file's name says.</summary>
    OfDay,

    /// <summary>As a person said.</summary>
    Pattern,
}

/// <summary>Reads the times of one file, all written in one way.</summary>
internal sealed class TimeReader
{
    // Days come in runs: the last one read is most likely the next.
    private readonly byte[] _lastDate = new byte[16];
    private int _lastLength = -1;
    private long _lastDay;

    public required TimeForm Form { get; init; }

    /// <summary>Of an epoch: units per second.</summary>
    public long PerSecond { get; init; } = 1;

    /// <summary>The unit was guessed, so a number of another magnitude is not one of them.</summary>
    public bool Strict { get; init; }

    public TimePattern? Pattern { get; init; }

    /// <summary>For times of a day: which.</summary>
    public long BaseDay { get; init; }

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

    private string Unit =>
        PerSecond switch
        {
            1 => "seconds",
            1_000 => "milliseconds",
            1_000_000 => "microseconds",
            _ => "nanoseconds",
        };

    /// <summary>Which unit a number of them since 1970 must be, for any time between 1973 and 5138.</summary>
    public static long UnitOf(long number) =>
        Math.Abs(number) switch
        {
            < 100_000_000_000 => 1,
            < 100_000_000_000_000 => 1_000,
            < 100_000_000_000_000_000 => 1_000_000,
            _ => 1_000_000_000,
        };

    public bool TryRead(ReadOnlySpan<byte> text, out TimestampParts moment)
    {
        moment = default;
        switch (Form)
        {
            case TimeForm.Epoch:
                return TryEpoch(text, out moment);
            case TimeForm.OfDay:
                if (
                    !FixedPoint.TryPlain(text, (byte)'.', out var amount)
                    || amount % IncomingBar.One != 0
                    || amount / IncomingBar.One >= 86_400_000
                )
                {
                    return false;
                }

                moment = new(BaseDay, amount / IncomingBar.One * 1_000, TimestampParts.Naive);
                return true;
            case TimeForm.Pattern:
                return Pattern!.TryRead(text, out moment);
            default:
                return TryDated(text, out moment);
        }
    }

    /// <summary>A date in one column, and the time of the day in another.</summary>
    public bool TryRead(ReadOnlySpan<byte> date, ReadOnlySpan<byte> clock, out TimestampParts moment)
    {
        var offset = TimestampParts.Naive;
        if (
            !TryRead(date, out moment)
            || moment.OfDay != 0
            || !ClockText.TryOfDay(ref clock, out var ofDay)
            || !ClockText.TryZone(ref clock, out offset)
            || !clock.IsEmpty
        )
        {
            return false;
        }

        moment = new(moment.Day, ofDay, offset);
        return true;
    }

    private bool TryDated(ReadOnlySpan<byte> text, out TimestampParts moment)
    {
        moment = default;
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
            var well = Form switch
            {
                TimeForm.Compact => Compact(ref rest, out _lastDay),
                TimeForm.Named => Named(ref rest, out _lastDay),
                _ => Parts(ref rest, Form, out _lastDay),
            };
            _lastLength = well ? text.Length - rest.Length : -1;
            if (!well)
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
            moment = new(_lastDay, 0, TimestampParts.Naive);
            return true;
        }

        // Between date and time: T, a space, a comma, or both; digits follow digits only in the compact form.
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

        moment = new(_lastDay, ofDay, offset);
        return true;
    }

    private bool TryEpoch(ReadOnlySpan<byte> text, out TimestampParts moment)
    {
        moment = default;
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
            // 1704205800.5, 1.7042058e9
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

        moment = TimestampParts.OfUtc(micros);
        return true;
    }

    private static bool Compact(ref ReadOnlySpan<byte> text, out long day)
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

    private static bool Parts(ref ReadOnlySpan<byte> text, TimeForm form, out long day)
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

    private static bool Named(ref ReadOnlySpan<byte> text, out long day)
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
