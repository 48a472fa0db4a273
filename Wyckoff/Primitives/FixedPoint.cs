using System.Runtime.CompilerServices;
using System.Text;

namespace Wyckoff.Primitives;

/// <summary>
/// Parses numbers from files, providers and columns into whole units of 10⁻⁸. A number that does not fit exactly is refused.
/// </summary>
internal static class FixedPoint
{
    public const int Decimals = 8;

    /// <summary>Numbers are between plus and minus this, the limit of numeric(28,8).</summary>
    public static readonly Int128 Limit = (Int128)1_000_000_000_000_000_000 * 10_000_000_000;

    private const int MaxShownLength = 40;

    private static readonly ulong[] Powers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>
    /// Fast path for plain numbers: up to ten digits, optionally a point and up to eight decimals. Callers fall back to
    /// <see cref="Parse(ReadOnlySpan{byte}, NumberStyle, bool, out Int128)"/> for everything else.
    /// </summary>
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

        // At most ten digits before the point, so that the product below fits in 64 bits.
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

    /// <summary>
    /// Parses a number with optional sign, currency sign, thousands separators and exponent; with <paramref name="suffixes"/> also 1.5K,
    /// 2M, 3B.
    /// </summary>
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

        // Trailing zeros are counted separately, so that they do not use up significant digits: 1.5000000000 has two.
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

                digits = (digits * PowerOfTen(zeros + 1)) + (uint)(c - '0');
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

        amount = (Int128)(digits * PowerOfTen((int)exponent));
        amount = negative ? -amount : amount;
        return NumberFault.None;
    }

    /// <summary>Parses a machine-written number. Returns null, or a text that says what was expected.</summary>
    public static string? Parse(ReadOnlySpan<char> text, out Int128 amount)
    {
        // Only leading or trailing zeros can make a number that fits longer than this.
        Span<byte> bytes = stackalloc byte[256];
        amount = 0;
        return Encoding.UTF8.TryGetBytes(text, bytes, out var length)
            ? Parse(bytes[..length], out amount)
            : Expected(NumberFault.NotANumber);
    }

    /// <summary>
    /// Parses a machine-written number from the field <paramref name="name"/>. Returns null, or a sentence that says what is wrong.
    /// </summary>
    public static string? Parse(string name, ReadOnlySpan<byte> text, out Int128 amount)
    {
        var fault = Parse(text, NumberStyle.Bare, suffixes: false, out amount);
        if (fault == NumberFault.None && Exceeds(amount))
        {
            fault = NumberFault.TooLarge;
        }

        var shown = Encoding.UTF8.GetString(text.Length > MaxShownLength ? text[..MaxShownLength] : text);
        return fault switch
        {
            NumberFault.None => null,
            NumberFault.Empty or NumberFault.NotANumber => $"{name} '{shown}': {Expected(fault)}",
            _ => $"{name} {shown}: {Expected(fault)}",
        };
    }

    /// <summary>
    /// Converts a whole number whose last <paramref name="scale"/> digits are decimals. Returns null, or a text that says what was
    /// expected.
    /// </summary>
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

    private static bool Exceeds(Int128 amount) => amount >= Limit || amount <= -Limit;

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

        // An exponent of more than four digits is refused. Leading zeros count: 1e00001 is not worth a special case.
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

    private static UInt128 PowerOfTen(int power)
    {
        UInt128 value = 1;
        for (; power > 0; power--)
        {
            value *= 10;
        }

        return value;
    }
}
