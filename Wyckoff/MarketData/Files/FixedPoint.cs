namespace Wyckoff.MarketData.Files;

/// <summary>Decimal text as a whole number of 10⁻⁸, exactly or not at all.</summary>
internal static class FixedPoint
{
    public const int Decimals = 8;
    public const string TooFine = "at most 8 digits after the point were expected";
    public const string NotANumber = "a number was expected";
    public const string TooLarge = "less than 10^20 was expected";
    private const int MostDigits = 28;

    private static readonly Int128 Limit = IncomingBar.VolumeLimit;

    /// <summary>Null, or what was expected.</summary>
    public static string? Parse(ReadOnlySpan<char> text, out Int128 amount)
    {
        amount = 0;
        var at = text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        var negative = at == 1 && text[0] == '-';
        Int128 digits = 0;
        int count = 0, exponent = 0;
        bool any = false, point = false;
        for (; at < text.Length && (char.IsAsciiDigit(text[at]) || (text[at] == '.' && !point)); at++)
        {
            if (text[at] == '.')
            {
                point = true;
                continue;
            }

            any = true;
            exponent -= point ? 1 : 0;
            if (text[at] == '0' && count == 0)
            {
                continue;
            }

            if (++count > MostDigits + Decimals)
            {
                return point ? TooFine : TooLarge;
            }

            digits = digits * 10 + (text[at] - '0');
        }

        if (at < text.Length && text[at] is 'e' or 'E')
        {
            if (!int.TryParse(text[(at + 1)..], System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var written) || written is < -1000 or > 1000)
            {
                return NotANumber;
            }

            exponent += written;
            at = text.Length;
        }

        return any && at == text.Length ? Scale(negative ? -digits : digits, -exponent, out amount) : NotANumber;
    }

    /// <summary>The amount of a number with <paramref name="scale"/> of its digits after the point. Null, or what was expected.</summary>
    public static string? Scale(Int128 unscaled, int scale, out Int128 amount)
    {
        amount = unscaled;
        for (; scale < Decimals && amount != 0; scale++)
        {
            if (Int128.Abs(amount) >= Limit)
            {
                return TooLarge;
            }

            amount *= 10;
        }

        for (; scale > Decimals && amount != 0; scale--)
        {
            (amount, var rest) = Int128.DivRem(amount, 10);
            if (rest != 0)
            {
                return TooFine;
            }
        }

        return amount == Int128.MinValue || Int128.Abs(amount) >= Limit ? TooLarge : null;
    }
}
