using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Wyckoff.Imports.Delimited;

/// <summary>
/// A format of times that the user gives: a pattern such as <c>dd/MM/yyyy HH:mm</c>, <c>yyyyMMdd</c> or <c>d MMM yyyy h:mm tt</c>, or a
/// unit since 1970: s, ms, us, ns.
/// </summary>
public sealed class TimePattern
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    private readonly List<(char Letter, int Length)> _tokens = [];
    private readonly string _text;

    private TimePattern(string text) => _text = text;

    /// <summary>The number of units per second; 0 for a pattern.</summary>
    internal long PerSecond { get; private init; }

    internal bool HasClock => _tokens.Exists(token => token.Letter is 'H' or 'h');

    public static bool TryParse(string? text, [NotNullWhen(true)] out TimePattern? pattern, [NotNullWhen(false)] out string? fault)
    {
        text ??= "";
        fault = null;
        long perSecond = text switch
        {
            "s" => 1,
            "ms" => 1_000,
            "us" or "µs" => 1_000_000,
            "ns" => 1_000_000_000,
            _ => 0,
        };
        pattern = new(text) { PerSecond = perSecond };
        if (perSecond > 0)
        {
            return true;
        }

        for (var i = 0; i < text.Length; )
        {
            var letter = text[i];
            var length = 1;
            while (i + length < text.Length && text[i + length] == letter)
            {
                length++;
            }

            i += length;
            var known = letter switch
            {
                'y' => length is 2 or 4,
                'M' => length <= 3,
                'd' or 'H' or 'h' or 'm' or 's' or 't' => length <= 2,
                'f' => length <= 9,
                'z' or 'K' => true,
                _ => !char.IsAsciiLetter(letter) || letter == 'T',
            };
            if (!known)
            {
                return Refuse($"'{new string(letter, length)}' is not known", out pattern, out fault);
            }

            pattern._tokens.Add((letter, length));
        }

        var letters = pattern._tokens.ConvertAll(token => token.Letter);
        return letters.Contains('y') && letters.Contains('M') && letters.Contains('d')
            || Refuse("y, M and d are needed", out pattern, out fault);

        bool Refuse(string why, out TimePattern? none, out string reason)
        {
            none = null;
            reason =
                $"'{text}' is not a date format ({why}): yyyy MM dd HH mm ss fff tt zzz in some order, such as dd/MM/yyyy HH:mm, "
                + "or one of s, ms, us, ns is expected.";
            return false;
        }
    }

    public override string ToString() => _text;

    internal bool TryRead(ReadOnlySpan<byte> text, out TimestampParts timestamp)
    {
        timestamp = default;
        int year = 0,
            month = 0,
            day = 0,
            hour = 0,
            minute = 0,
            second = 0,
            amPm = -1;
        long fraction = 0,
            offset = TimestampParts.NoOffset;
        foreach (var (letter, length) in _tokens)
        {
            var parsed = letter switch
            {
                'y' => Number(ref text, length, out year),
                'M' when length == 3 => MonthName(ref text, out month),
                'M' => Number(ref text, length, out month),
                'd' => Number(ref text, length, out day),
                'H' or 'h' => Number(ref text, length, out hour),
                'm' => Number(ref text, length, out minute),
                's' => Number(ref text, length, out second),
                'f' => ClockText.TryFraction(ref text, out fraction),
                't' => ClockText.TryAmPm(ref text, out amPm),
                'z' or 'K' => ClockText.TryZone(ref text, out offset) && (offset != TimestampParts.NoOffset || letter == 'K'),
                _ => Literal(ref text, letter, length),
            };
            if (!parsed)
            {
                return false;
            }
        }

        if (_tokens.Exists(token => token is ('y', 2)))
        {
            // As in POSIX, 69 to 99 are 1969 to 1999.
            year += year >= 69 ? 1900 : 2000;
        }

        if (amPm >= 0)
        {
            if (hour is < 1 or > 12)
            {
                return false;
            }

            hour = (hour % 12) + (12 * amPm);
        }

        if (!text.IsEmpty || hour > 23 || minute > 59 || second > 59 || !TimestampParts.TryDay(year, month, day, out var number))
        {
            return false;
        }

        timestamp = new(
            number,
            (hour * TimestampParts.Hour) + (minute * TimestampParts.Minute) + (second * TimestampParts.Second) + fraction,
            offset
        );
        return true;
    }

    internal static bool MonthName(ref ReadOnlySpan<byte> text, out int month)
    {
        month = 0;
        if (text.Length < 3)
        {
            return false;
        }

        for (var i = 0; i < Months.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(text[..3], Months[i]))
            {
                month = i + 1;
                var length = 3;
                // The name may be written in full, or shortened with a point.
                while (length < text.Length && (char.IsAsciiLetter((char)text[length]) || text[length] == '.'))
                {
                    length++;
                }

                text = text[length..];
                return true;
            }
        }

        return false;
    }

    private static bool Number(ref ReadOnlySpan<byte> text, int length, out int number)
    {
        number = 0;
        var i = 0;
        var max = length == 1 ? 2 : length;
        for (; i < max && i < text.Length && char.IsAsciiDigit((char)text[i]); i++)
        {
            number = (number * 10) + (text[i] - '0');
        }

        text = text[i..];
        return i >= length;
    }

    private static bool Literal(ref ReadOnlySpan<byte> text, char letter, int length)
    {
        Span<byte> expected = stackalloc byte[4];
        var size = Encoding.UTF8.GetBytes([letter], expected);
        for (; length > 0; length--)
        {
            if (!text.StartsWith(expected[..size]))
            {
                return false;
            }

            text = text[size..];
        }

        return true;
    }
}
