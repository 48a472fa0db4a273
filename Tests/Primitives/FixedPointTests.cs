using System.Globalization;
using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Primitives;

/// <summary>Numbers are parsed exactly or refused.</summary>
public sealed class FixedPointTests
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("0001.50", "1.5")]
    [InlineData("1.", "1")]
    [InlineData(".5", "0.5")]
    [InlineData("1.1234567800000", "1.12345678")]
    [InlineData("1.5e3", "1500")]
    [InlineData("15E-1", "1.5")]
    [InlineData("+1.5e+03", "1500")]
    [InlineData("0e9999", "0")]
    [InlineData("-2", "-2")]
    [InlineData("$468.79", "468.79")]
    [InlineData(" 7 ", "7")]
    [InlineData("99999999999999999999.99999999", "99999999999999999999.99999999")]
    [InlineData("1.23M", "1230000", true)]
    [InlineData("2K", "2000", true)]
    public void Hand_written_numbers_are_parsed_exactly(string text, string expected, bool suffixes = false)
    {
        Assert.Equal(NumberFault.None, FixedPoint.Parse(Encoding.UTF8.GetBytes(text), NumberStyle.Plain, suffixes, out var amount));
        Assert.Equal(expected, IncomingBar.Text(amount));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-")]
    [InlineData("1.2.3")]
    [InlineData("1e")]
    [InlineData("1e5.5")]
    [InlineData("0x10")]
    [InlineData("1 000")]
    [InlineData("1,000")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1K")]
    [InlineData("1.000000001")]
    [InlineData("1e-9")]
    [InlineData("1e40")]
    [InlineData("123456789012345678901234567890123456789")]
    public void Invalid_or_oversized_numbers_are_refused(string text)
    {
        Assert.NotEqual(NumberFault.None, FixedPoint.Parse(Encoding.UTF8.GetBytes(text), NumberStyle.Plain, suffixes: false, out _));
        Assert.False(FixedPoint.TryPlain(Encoding.UTF8.GetBytes(text), (byte)'.', out _));
    }

    [Theory]
    [InlineData("1.234.567,5", "1234567.5")]
    [InlineData("12,5", "12.5")]
    [InlineData("1.23,5", null)]
    [InlineData("1234.567", null)]
    [InlineData("1.234.56", null)]
    public void Thousands_separators_must_group_three_digits(string text, string? expected)
    {
        var fault = FixedPoint.Parse(Encoding.UTF8.GetBytes(text), new((byte)',', (byte)'.'), suffixes: false, out var amount);
        Assert.Equal(expected, fault == NumberFault.None ? IncomingBar.Text(amount) : null);
    }

    [Theory]
    [InlineData("0.30000000000000004", 8, "0.3", true)]
    [InlineData("101.30999755859375", 2, "101.31", true)]
    [InlineData("101.30999755859375", 8, "101.30999756", true)]
    [InlineData("1.5", 2, "1.5", false)]
    [InlineData("1.5000", 1, "1.5", false)]
    [InlineData("0.5", 0, "1", true)]
    [InlineData("-0.5", 0, "-1", true)]
    [InlineData("1.005", 2, "1.01", true)]
    // Rounded once: 0.4999… is not first rounded up to 0.5.
    [InlineData("0.49999999999", 0, "0", true)]
    [InlineData("1e-40", 8, "0", true)]
    [InlineData("1e-9999", 8, "0", true)]
    [InlineData("0", 3, "0", false)]
    [InlineData("1.2345M", 0, "1234500", false)]
    [InlineData("1.00000000000000000000000000000000000000000000000001", 8, "1", true)]
    [InlineData("4721650", 2, "472.17", true, 10_000)]
    [InlineData("4721600", 2, "472.16", false, 10_000)]
    [InlineData("1", 8, "0.33333333", true, 3)]
    [InlineData("1", 8, "0", true, long.MaxValue)]
    public void Rounding_is_half_away_from_zero_and_says_whether_it_changed_the_number(
        string text,
        int decimals,
        string expected,
        bool changed,
        long divisor = 1
    )
    {
        var fault = FixedPoint.Round(
            Encoding.UTF8.GetBytes(text),
            NumberStyle.Plain,
            suffixes: true,
            new(decimals, divisor),
            out var amount,
            out var rounded
        );
        Assert.Equal((NumberFault.None, expected, changed), (fault, IncomingBar.Text(amount), rounded));
    }

    [Theory]
    [InlineData("1e40", NumberFault.TooLarge)]
    [InlineData("100000000000000000000", NumberFault.TooLarge)]
    [InlineData("99999999999999999999.999999999", NumberFault.TooLarge)]
    [InlineData("x", NumberFault.NotANumber)]
    [InlineData("0.00000000000000000000000000000000000000000000000001x", NumberFault.NotANumber)]
    [InlineData("1.11111111111111111111111111111111111111111111111111x", NumberFault.NotANumber)]
    [InlineData("", NumberFault.Empty)]
    public void What_is_no_number_or_too_large_cannot_be_rounded(string text, object fault) =>
        Assert.Equal(
            (NumberFault)fault,
            FixedPoint.Round(Encoding.UTF8.GetBytes(text), NumberStyle.Plain, suffixes: false, new(8), out _, out _)
        );

    [Fact]
    public void Rounding_agrees_with_BigInteger_arithmetic() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000),
            Prop.ForAll(
                (
                    from digits in Gen.ArrayOf(Gen.Elements('0', '1', '4', '5', '9')).Where(digits => digits.Length is > 0 and < 45)
                    from point in Gen.Choose(0, Math.Min(digits.Length, 17))
                    from decimals in Gen.Choose(0, 8)
                    from divisor in Gen.Elements(1L, 1L, 10_000L, 3L, 7_000_000_001L)
                    from negative in Gen.Elements(true, false)
                    select (Digits: new string(digits), Point: point, Decimals: decimals, Divisor: divisor, Negative: negative)
                ).ToArbitrary(),
                number =>
                {
                    var text = $"{(number.Negative ? "-" : "")}{number.Digits[..number.Point]}.{number.Digits[number.Point..]}";
                    var fault = FixedPoint.Round(
                        Encoding.ASCII.GetBytes(text),
                        NumberStyle.Plain,
                        suffixes: false,
                        new(number.Decimals, number.Divisor),
                        out var amount,
                        out var rounded
                    );
                    // digits ÷ 10^scale ÷ divisor in units of 10^-decimals, then in units of 10^-8.
                    var dividend = BigInteger.Parse(number.Digits, CultureInfo.InvariantCulture) * BigInteger.Pow(10, number.Decimals);
                    var divisor = BigInteger.Pow(10, number.Digits.Length - number.Point) * number.Divisor;
                    var units = ((2 * dividend) + divisor) / (2 * divisor);
                    var expected = units * BigInteger.Pow(10, 8 - number.Decimals) * (number.Negative ? -1 : 1);
                    return fault == NumberFault.None && (BigInteger)amount == expected && rounded == (dividend % divisor != 0);
                }
            )
        );

    [Fact]
    public void Parsing_agrees_with_BigInteger_arithmetic() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000),
            Prop.ForAll(
                (
                    from digits in Gen.ArrayOf(Gen.Elements('0', '0', '1', '5', '9')).Where(digits => digits.Length is > 0 and < 30)
                    from point in Gen.Choose(0, digits.Length)
                    from exponent in Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(-12, 12).Select(value => (int?)value))
                    select (
                        new string(digits, 0, point)
                            + (point < digits.Length ? "." + new string(digits, point, digits.Length - point) : ""),
                        digits,
                        point,
                        exponent
                    )
                ).ToArbitrary(),
                one =>
                {
                    var (mantissa, digits, point, exponent) = one;
                    var text = Encoding.UTF8.GetBytes(mantissa + (exponent is { } e ? "e" + e.ToString(CultureInfo.InvariantCulture) : ""));
                    var places = 8 - (digits.Length - point) + (exponent ?? 0);
                    var number = BigInteger.Parse(digits, CultureInfo.InvariantCulture);
                    BigInteger? expected =
                        places >= 0 ? number * BigInteger.Pow(10, places)
                        : BigInteger.Remainder(number, BigInteger.Pow(10, -places)).IsZero ? number / BigInteger.Pow(10, -places)
                        : null;
                    var fault = FixedPoint.Parse(text, NumberStyle.Plain, suffixes: false, out var amount);
                    Assert.Equal(expected is { } fits && fits < BigInteger.Pow(10, 37), fault == NumberFault.None);
                    Assert.True(fault != NumberFault.None || (BigInteger)amount == expected);
                    // The fast path returns the same amount or refuses the text.
                    Assert.True(!FixedPoint.TryPlain(text, (byte)'.', out var plain) || plain == amount);
                }
            )
        );

    [Theory]
    [InlineData("0", "0")]
    [InlineData("1", "1")]
    [InlineData("-1.5", "-1.5")]
    [InlineData("123.45678901", "123.45678901")]
    [InlineData("1.000000000000", "1")]
    [InlineData("1e3", "1000")]
    [InlineData("1.25E+2", "125")]
    [InlineData("12345e-4", "1.2345")]
    [InlineData("0.00000001", "0.00000001")]
    [InlineData("99999999999999999999.99999999", "99999999999999999999.99999999")]
    [InlineData(".5", "0.5")]
    [InlineData("0e99", "0")]
    public void Machine_written_numbers_are_parsed_exactly_from_bytes_and_text(string text, string expected)
    {
        Assert.Null(FixedPoint.Parse("open", Encoding.UTF8.GetBytes(text), out var amount));
        Assert.Equal(expected, IncomingBar.Text(amount));
        Assert.Null(FixedPoint.Parse(text, out var same));
        Assert.Equal(amount, same);
    }

    [Theory]
    [InlineData("0.000000001", "open 0.000000001: at most 8 digits after the point were expected")]
    [InlineData(
        "100.000000000000000000000000000000000001",
        "open 100.000000000000000000000000000000000001: at most 8 digits after the point were expected"
    )]
    [InlineData("1e-9", "open 1e-9: at most 8 digits after the point were expected")]
    [InlineData("1e20", "open 1e20: less than 10^20 was expected")]
    [InlineData("-1e20", "open -1e20: less than 10^20 was expected")]
    [InlineData("1e30", "open 1e30: less than 10^20 was expected")]
    [InlineData("", "open '': a number was expected")]
    [InlineData("-", "open '-': a number was expected")]
    [InlineData(".", "open '.': a number was expected")]
    [InlineData("1e", "open '1e': a number was expected")]
    [InlineData("1e5x", "open '1e5x': a number was expected")]
    [InlineData("1,5", "open '1,5': a number was expected")]
    [InlineData("1.2.3", "open '1.2.3': a number was expected")]
    [InlineData("$1", "open '$1': a number was expected")]
    [InlineData(" 1", "open ' 1': a number was expected")]
    [InlineData("1K", "open '1K': a number was expected")]
    [InlineData("１", "open '１': a number was expected")]
    [InlineData("NaN", "open 'NaN': a number was expected")]
    [InlineData("Infinity", "open 'Infinity': a number was expected")]
    public void Malformed_machine_written_numbers_are_refused_with_a_reason(string text, string reason)
    {
        Assert.Equal(reason, FixedPoint.Parse("open", Encoding.UTF8.GetBytes(text), out _));
        Assert.Equal(reason[(reason.LastIndexOf(": ", StringComparison.Ordinal) + 2)..], FixedPoint.Parse(text, out _));
    }

    [Fact]
    public void A_very_long_text_is_not_a_number() =>
        Assert.Equal("a number was expected", FixedPoint.Parse(new string('1', 100_000), out _));

    [Fact]
    public void Every_number_with_eight_decimals_is_parsed_exactly() =>
        Prop.ForAll<int, int>(
                (high, low) =>
                {
                    var value = high + decimal.Round(low / 2_147_483_648m, 8);
                    Assert.Null(
                        FixedPoint.Parse("x", Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)), out var amount)
                    );
                    Assert.Equal((Int128)(value * IncomingBar.One), amount);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Scaling_agrees_with_BigInteger_arithmetic() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2_000),
            Prop.ForAll(
                (
                    from mantissa in Gen.Choose(-1_000_000, 1_000_000)
                    from zeros in Gen.Choose(0, 12)
                    from scale in Gen.Choose(-25, 25)
                    select (mantissa, zeros, scale)
                ).ToArbitrary(),
                one =>
                {
                    var (mantissa, zeros, scale) = one;
                    var number = mantissa * (long)Math.Pow(10, zeros);
                    BigInteger? expected =
                        scale <= 8 ? number * BigInteger.Pow(10, 8 - scale)
                        : BigInteger.Remainder(number, BigInteger.Pow(10, scale - 8)).IsZero ? number / BigInteger.Pow(10, scale - 8)
                        : null;
                    var fits = expected is { } exact && BigInteger.Abs(exact) < BigInteger.Pow(10, 28);
                    var fault = FixedPoint.Scale(number, scale, out var amount);
                    Assert.Equal(fits, fault is null);
                    Assert.True(!fits || (BigInteger)amount == expected);
                }
            )
        );
}
