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

    // So many digits fit in 127 bits, whatever they are.
    private const int MaxDigits = 37;

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
        var fault = Read(text, style, suffixes, out var number);
        if (fault != NumberFault.None || number.Digits == 0)
        {
            return fault;
        }

        if (number.IsCut || number.Exponent < 0)
        {
            return NumberFault.TooPrecise;
        }

        if (number.Count + number.Exponent > MaxDigits)
        {
            return NumberFault.TooLarge;
        }

        amount = (Int128)(number.Digits * PowerOfTen((int)number.Exponent));
        amount = number.IsNegative ? -amount : amount;
        return NumberFault.None;
    }

    /// <summary>
    /// Parses a number like <see cref="Parse(ReadOnlySpan{byte}, NumberStyle, bool, out Int128)"/>, divides it, and rounds the result half
    /// away from zero.
    /// </summary>
    /// <param name="text">The number.</param>
    /// <param name="style">The format of the number.</param>
    /// <param name="suffixes">Accept K, M and B at the end.</param>
    /// <param name="rounding">How many decimals to keep, and what to divide by.</param>
    /// <param name="amount">The result.</param>
    /// <param name="rounded">The result differs from the exact number.</param>
    public static NumberFault Round(
        ReadOnlySpan<byte> text,
        NumberStyle style,
        bool suffixes,
        Rounding rounding,
        out Int128 amount,
        out bool rounded
    )
    {
        (amount, rounded) = (0, false);
        var fault = Read(text, style, suffixes, out var number);
        return fault == NumberFault.None ? Round(number, rounding, out amount, out rounded) : fault;
    }

    /// <summary>Rounds a whole number whose last <paramref name="scale"/> digits are decimals.</summary>
    public static NumberFault Round(Int128 unscaled, int scale, Rounding rounding, out Int128 amount, out bool rounded)
    {
        var digits = unscaled < 0 ? (UInt128)(-unscaled) : (UInt128)unscaled;
        var count = 0;
        for (var rest = digits; rest > 0; rest /= 10)
        {
            count++;
        }

        return Round(new(digits, count, Decimals - scale, unscaled < 0, IsCut: false), rounding, out amount, out rounded);
    }

    private static NumberFault Round(in Number number, Rounding rounding, out Int128 amount, out bool rounded)
    {
        (amount, rounded) = (0, number.IsCut);
        // In units of the last decimal that is kept, the result is dividend ÷ divisor.
        var exponent = number.Exponent - (Decimals - rounding.Decimals);
        var (dividend, divisor) = (number.Digits, (UInt128)rounding.Divisor);
        if (dividend == 0)
        {
            return NumberFault.None;
        }

        if (exponent >= 0)
        {
            if (number.Count + exponent > MaxDigits)
            {
                return NumberFault.TooLarge;
            }

            dividend *= PowerOfTen((int)exponent);
        }
        else
        {
            var power = exponent >= -38 ? PowerOfTen((int)-exponent) : 0;
            if (power == 0 || divisor > UInt128.MaxValue / power)
            {
                // The divisor exceeds 128 bits and the dividend does not fill 127, so the result is less than half a unit.
                rounded = true;
                return NumberFault.None;
            }

            divisor *= power;
        }

        var (units, rest) = UInt128.DivRem(dividend, divisor);
        rounded |= rest != 0;
        units += rest >= divisor - rest ? 1u : 0u;
        var unit = Powers[Decimals - rounding.Decimals];
        if (units >= (UInt128)Limit / unit)
        {
            return NumberFault.TooLarge;
        }

        amount = (Int128)(units * unit);
        amount = number.IsNegative ? -amount : amount;
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

    /// <summary>Reads the digits of a number. Digits after the point that exceed <see cref="MaxDigits"/> are cut off.</summary>
    private static NumberFault Read(ReadOnlySpan<byte> text, NumberStyle style, bool suffixes, out Number number)
    {
        number = default;
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
        bool inDecimals = false,
            isCut = false;
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

                if (significant + zeros + 1 > MaxDigits)
                {
                    if (!inDecimals)
                    {
                        return NumberFault.TooLarge;
                    }

                    isCut = true;
                    decimals--;
                    continue;
                }

                significant += zeros + 1;
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

        number = new(digits, significant, exponent + zeros - decimals + Decimals, negative, isCut);
        return NumberFault.None;
    }

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

    /// <summary>A number as written: digits × 10^exponent, in units of 10⁻⁸.</summary>
    private readonly record struct Number(UInt128 Digits, int Count, long Exponent, bool IsNegative, bool IsCut);
}
