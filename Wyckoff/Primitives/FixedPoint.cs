using System.Runtime.CompilerServices;
using System.Text;
using Wyckoff.Bars;

namespace Wyckoff.Primitives;

/// <summary>Numbers as whole numbers of 10⁻⁸: exactly, or not at all. The one way by which files, providers and columns become amounts.</summary>
internal static class FixedPoint
{
    public const int Decimals = 8;

    private const int MostShown = 40;

    private static readonly ulong[] Powers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>What most numbers of most files are: up to ten digits, a point, up to eight more. Anything else is for the long way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPlain(ReadOnlySpan<byte> text, byte point, out long amount)
    {
        amount = 0;
        ulong value = 0;
        var i = 0;
        uint digit;
        while (i < text.Length && (digit = text[i] - (uint)'0') <= 9)
        {
            value = (value * 10) + digit;
            i++;
        }

        // Not more than ten before the point, so that the product below fits.
        if ((uint)(i - 1) >= 10)
        {
            return false;
        }

        var decimals = 0;
        if (i < text.Length)
        {
            if (text[i++] != point)
            {
                return false;
            }

            decimals = text.Length - i;
            if ((uint)decimals > Decimals)
            {
                return false;
            }

            for (; i < text.Length; i++)
            {
                digit = text[i] - (uint)'0';
                if (digit > 9)
                {
                    return false;
                }

                value = (value * 10) + digit;
            }
        }

        amount = (long)(value * Powers[Decimals - decimals]);
        return true;
    }

    /// <summary>Any number a person or a program writes: signs, a currency sign, thousands, exponents; with <paramref name="suffixes"/> also 1.5K, 2M, 3B.</summary>
    public static NumberFault Parse(ReadOnlySpan<byte> text, NumberStyle style, bool suffixes, out Int128 amount)
    {
        amount = 0;
        text = style.IsBare ? text : text.Trim(" \t"u8);
        if (text.IsEmpty)
        {
            return NumberFault.Empty;
        }

        var negative = text[0] == '-';
        if (text[0] is (byte)'-' or (byte)'+')
        {
            text = text[1..];
        }

        if (!style.IsBare && !text.IsEmpty && text[0] == '$')
        {
            text = text[1..];
        }

        // Zeros at the end of the digits are kept apart, so that neither 1.5000000000 nor 1e3 has more digits than it says.
        UInt128 digits = 0;
        int zeros = 0,
            significant = 0,
            i = 0,
            decimals = 0,
            seen = 0,
            sinceGroup = -1;
        var inDecimals = false;
        for (; i < text.Length; i++)
        {
            var c = text[i];
            if ((uint)(c - '0') <= 9)
            {
                seen++;
                sinceGroup += sinceGroup >= 0 ? 1 : 0;
                decimals += inDecimals ? 1 : 0;
                if (c == '0')
                {
                    zeros += digits == 0 ? 0 : 1;
                    continue;
                }

                significant += zeros + 1;
                if (significant > 37)
                {
                    return inDecimals ? NumberFault.TooPrecise : NumberFault.TooLarge;
                }

                digits = (digits * Ten(zeros + 1)) + (uint)(c - '0');
                zeros = 0;
            }
            else if (c == style.Point && !inDecimals && sinceGroup is -1 or 3)
            {
                (inDecimals, sinceGroup) = (true, -1);
            }
            else if (
                style.Group != 0
                && c == style.Group
                && !inDecimals
                && seen > 0
                && (sinceGroup == 3 || (sinceGroup == -1 && seen <= 3))
            )
            {
                sinceGroup = 0;
            }
            else
            {
                break;
            }
        }

        if (seen == 0 || sinceGroup is not (-1 or 3) || !Exponent(text[i..], suffixes, out var exponent))
        {
            return NumberFault.NotANumber;
        }

        if (digits == 0)
        {
            return NumberFault.None;
        }

        exponent += zeros - decimals + Decimals;
        if (exponent < 0)
        {
            return NumberFault.TooPrecise;
        }

        // 37 digits fit in 127 bits.
        if (significant + exponent > 37)
        {
            return NumberFault.TooLarge;
        }

        amount = (Int128)(digits * Ten((int)exponent));
        amount = negative ? -amount : amount;
        return NumberFault.None;
    }

    /// <summary>A number that a program wrote. Null, or what was expected.</summary>
    public static string? Parse(ReadOnlySpan<char> text, out Int128 amount)
    {
        // Longer than any number that fits, but for zeros.
        Span<byte> bytes = stackalloc byte[256];
        amount = 0;
        return Encoding.UTF8.TryGetBytes(text, bytes, out var length)
            ? Parse(bytes[..length], out amount)
            : Expected(NumberFault.NotANumber);
    }

    /// <summary>A number that a program wrote, as a field of that name. Null, or what is wrong, as a sentence.</summary>
    public static string? Parse(string name, ReadOnlySpan<byte> text, out Int128 amount)
    {
        var fault = Parse(text, NumberStyle.Bare, suffixes: false, out amount);
        if (fault == NumberFault.None && Exceeds(amount))
        {
            fault = NumberFault.TooLarge;
        }

        var shown = Encoding.UTF8.GetString(text.Length > MostShown ? text[..MostShown] : text);
        return fault switch
        {
            NumberFault.None => null,
            NumberFault.Empty or NumberFault.NotANumber => $"{name} '{shown}': {Expected(fault)}",
            _ => $"{name} {shown}: {Expected(fault)}",
        };
    }

    /// <summary>The amount of a number with <paramref name="scale"/> of its digits after the point. Null, or what was expected.</summary>
    public static string? Scale(Int128 unscaled, int scale, out Int128 amount)
    {
        amount = unscaled;
        for (; scale < Decimals && amount != 0; scale++)
        {
            if (Exceeds(amount))
            {
                return Expected(NumberFault.TooLarge);
            }

            amount *= 10;
        }

        for (; scale > Decimals && amount != 0; scale--)
        {
            (amount, var rest) = Int128.DivRem(amount, 10);
            if (rest != 0)
            {
                return Expected(NumberFault.TooPrecise);
            }
        }

        return Exceeds(amount) ? Expected(NumberFault.TooLarge) : null;
    }

    public static string Expected(NumberFault fault) =>
        fault switch
        {
            NumberFault.TooPrecise => "at most 8 digits after the point were expected",
            NumberFault.TooLarge => "less than 10^20 was expected",
            _ => "a number was expected",
        };

    private static string? Parse(ReadOnlySpan<byte> text, out Int128 amount)
    {
        var fault = Parse(text, NumberStyle.Bare, suffixes: false, out amount);
        return fault != NumberFault.None ? Expected(fault)
            : Exceeds(amount) ? Expected(NumberFault.TooLarge)
            : null;
    }

    private static bool Exceeds(Int128 amount) => amount >= IncomingBar.VolumeLimit || amount <= -IncomingBar.VolumeLimit;

    private static bool Exponent(ReadOnlySpan<byte> text, bool suffixes, out long exponent)
    {
        exponent = 0;
        if (text.IsEmpty)
        {
            return true;
        }

        if (suffixes && text.Length == 1)
        {
            exponent = (text[0] | 0x20) switch
            {
                'k' => 3,
                'm' => 6,
                'b' => 9,
                _ => 0,
            };
            return exponent != 0;
        }

        if ((text[0] | 0x20) != 'e')
        {
            return false;
        }

        text = text[1..];
        var negative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
        {
            text = text[1..];
        }

        // More than four digits of exponent are beyond every limit; five zeros are not worth a rule.
        if (text.Length is 0 or > 4 || text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        foreach (var c in text)
        {
            exponent = (exponent * 10) + (c - '0');
        }

        exponent = negative ? -exponent : exponent;
        return true;
    }

    private static UInt128 Ten(int power)
    {
        UInt128 value = 1;
        for (; power > 0; power--)
        {
            value *= 10;
        }

        return value;
    }
}
