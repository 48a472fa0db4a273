using System.Text;

namespace Wyckoff.MarketData.Providers;

/// <summary>Reads decimal digits into whole numbers of 10⁻⁸: exactly, or not at all.</summary>
internal static class Amount
{
    private const int Decimals = 8;
    private static readonly Int128 Limit = (Int128)1_000_000_000_000_000_000 * 1_000_000_000_000;

    /// <summary>What is wrong with the text, or null.</summary>
    public static string? TryParse(string name, ReadOnlySpan<byte> text, out Int128 amount)
    {
        amount = 0;
        var rest = text;
        var negative = rest.StartsWith("-"u8);
        rest = negative ? rest[1..] : rest;
        var exponent = 0;
        if (rest.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var e)
        {
            var sign = rest[(e + 1)..];
            if (!System.Buffers.Text.Utf8Parser.TryParse(sign.StartsWith("+"u8) ? sign[1..] : sign, out exponent, out var read) || read == 0 || e + 1 + read + (sign.StartsWith("+"u8) ? 1 : 0) != rest.Length || Math.Abs(exponent) > 99)
            {
                return NoNumber(name, text);
            }

            rest = rest[..e];
        }

        var point = rest.IndexOf((byte)'.');
        var fraction = point < 0 ? 0 : rest.Length - point - 1;
        // The power of ten of the digit at hand, in the units of the amount.
        var power = rest.Length - 1 - (point < 0 ? 0 : 1) - fraction + exponent + Decimals;
        var digits = 0;
        for (var i = 0; i < rest.Length; i++)
        {
            if (i == point)
            {
                continue;
            }

            var digit = rest[i] - '0';
            if (digit is < 0 or > 9)
            {
                return NoNumber(name, text);
            }

            digits++;
            if (digit != 0 && power < 0)
            {
                return $"{name} {Shown(text)}: at most {Decimals} digits after the point were expected";
            }

            if (power >= 0)
            {
                amount = amount * 10 + digit;
                if (amount >= Limit)
                {
                    return $"{name} {Shown(text)}: fewer digits were expected";
                }
            }

            power--;
        }

        if (digits == 0)
        {
            return NoNumber(name, text);
        }

        for (; power >= 0 && amount != 0; power--)
        {
            amount *= 10;
            if (amount >= Limit)
            {
                return $"{name} {Shown(text)}: fewer digits were expected";
            }
        }

        amount = negative ? -amount : amount;
        return null;
    }

    private static string NoNumber(string name, ReadOnlySpan<byte> text) => $"{name} '{Shown(text)}': a number was expected";

    private static string Shown(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text.Length > 40 ? text[..40] : text);
}
