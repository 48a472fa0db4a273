using System.Text;

namespace Wyckoff.Imports.Delimited;

/// <summary>Parses the time of day and the zone behind a date. Each method removes what it parses from the front of the text.</summary>
internal static class ClockText
{
    /// <summary>Parses a time of day such as 9:30, 09:30:00.123, 0930, 093000, 9:30 PM or 12-AM.</summary>
    public static bool TryOfDay(ref ReadOnlySpan<byte> text, out long ofDay)
    {
        ofDay = 0;
        var digits = Digits(text, 6, out var number);
        int hour,
            minute = 0,
            second = 0;
        long fraction = 0;
        var amPm = -1;
        var rest = text[digits..];
        if (digits is 1 or 2)
        {
            hour = number;
            if (!rest.IsEmpty && rest[0] == ':')
            {
                if (Digits(rest[1..], 2, out minute) != 2)
                {
                    return false;
                }

                rest = rest[3..];
                if (!rest.IsEmpty && rest[0] == ':')
                {
                    if (Digits(rest[1..], 2, out second) != 2)
                    {
                        return false;
                    }

                    rest = rest[3..];
                }
            }
            else if (rest is not [(byte)'-' or (byte)' ', _, _])
            {
                return false;
            }
            else if (rest[0] == '-')
            {
                rest = rest[1..];
            }
        }
        else if (digits is 3 or 4)
        {
            (hour, minute) = (number / 100, number % 100);
        }
        else if (digits is 5 or 6)
        {
            (hour, minute, second) = (number / 10_000, number / 100 % 100, number % 100);
        }
        else
        {
            return false;
        }

        if (!rest.IsEmpty && rest[0] is (byte)'.' or (byte)',')
        {
            rest = rest[1..];
            if (!TryFraction(ref rest, out fraction))
            {
                return false;
            }
        }

        var tail = rest.TrimStart((byte)' ');
        if (tail.Length >= 2 && (tail[1] | 0x20) == 'm' && TryAmPm(ref tail, out amPm))
        {
            rest = tail;
            if (hour is < 1 or > 12)
            {
                return false;
            }

            hour = (hour % 12) + (12 * amPm);
        }

        if (hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        text = rest;
        ofDay = (hour * TimestampParts.Hour) + (minute * TimestampParts.Minute) + (second * TimestampParts.Second) + fraction;
        return true;
    }

    /// <summary>Parses the decimals of a second; false if they are finer than a microsecond.</summary>
    public static bool TryFraction(ref ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        var i = 0;
        for (; i < text.Length && char.IsAsciiDigit((char)text[i]); i++)
        {
            if (i < 6)
            {
                micros = (micros * 10) + (text[i] - '0');
            }
            else if (text[i] != '0')
            {
                return false;
            }
        }

        for (var digit = i; digit < 6; digit++)
        {
            micros *= 10;
        }

        text = text[i..];
        return i > 0;
    }

    /// <summary>Parses AM, PM, A or P: 0 for the first half of the day, 1 for the second.</summary>
    public static bool TryAmPm(ref ReadOnlySpan<byte> text, out int amPm)
    {
        amPm = text.IsEmpty
            ? -1
            : (text[0] | 0x20) switch
            {
                'a' => 0,
                'p' => 1,
                _ => -1,
            };
        if (amPm < 0)
        {
            return false;
        }

        text = text[(text.Length > 1 && (text[1] | 0x20) == 'm' ? 2 : 1)..];
        return true;
    }

    /// <summary>Parses a zone such as Z, UTC, GMT, +01:00, -0500 or GMT+0100; an empty text has no offset.</summary>
    public static bool TryZone(ref ReadOnlySpan<byte> text, out long offset)
    {
        offset = TimestampParts.NoOffset;
        var rest = text.TrimStart((byte)' ');
        if (rest.IsEmpty)
        {
            text = rest;
            return true;
        }

        if (rest[0] is (byte)'Z' or (byte)'z')
        {
            offset = 0;
            text = rest[1..];
            return true;
        }

        if (rest.Length >= 3 && (Ascii.EqualsIgnoreCase(rest[..3], "UTC"u8) || Ascii.EqualsIgnoreCase(rest[..3], "GMT"u8)))
        {
            offset = 0;
            rest = rest[3..];
            if (rest.IsEmpty)
            {
                text = rest;
                return true;
            }
        }

        if (rest[0] is not ((byte)'+' or (byte)'-'))
        {
            return false;
        }

        var sign = rest[0] == '-' ? -1 : 1;
        rest = rest[1..];
        var digits = Digits(rest, 4, out var number);
        rest = rest[digits..];
        var minutes = 0;
        if (digits == 4)
        {
            (number, minutes) = (number / 100, number % 100);
        }
        else if (digits != 2)
        {
            return false;
        }
        else if (!rest.IsEmpty && rest[0] == ':')
        {
            if (Digits(rest[1..], 2, out minutes) != 2)
            {
                return false;
            }

            rest = rest[3..];
        }

        offset = sign * ((number * TimestampParts.Hour) + (minutes * TimestampParts.Minute));
        text = rest;
        return number <= 18 && minutes <= 59;
    }

    private static int Digits(ReadOnlySpan<byte> text, int max, out int number)
    {
        number = 0;
        var i = 0;
        for (; i < max && i < text.Length && (uint)(text[i] - '0') <= 9; i++)
        {
            number = (number * 10) + (text[i] - '0');
        }

        return i;
    }
}
