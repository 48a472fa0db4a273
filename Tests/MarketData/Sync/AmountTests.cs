using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Wyckoff.MarketData;
using Wyckoff.MarketData.Providers;

namespace Wyckoff.Tests.MarketData.Sync;

public sealed class AmountTests
{
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
    public void Digits_are_taken_exactly(string text, string expected)
    {
        Assert.Null(Amount.TryParse("open", Encoding.UTF8.GetBytes(text), out var amount));
        Assert.Equal(expected, IncomingBar.Text(amount));
    }

    [Theory]
    [InlineData("0.000000001", "open 0.000000001: at most 8 digits after the point were expected")]
    [InlineData("100.000000000000000000000000000000000001", "open 100.000000000000000000000000000000000001: at most 8 digits after the point were expected")]
    [InlineData("1e-9", "open 1e-9: at most 8 digits after the point were expected")]
    [InlineData("1e30", "open 1e30: fewer digits were expected")]
    [InlineData("", "open '': a number was expected")]
    [InlineData("-", "open '-': a number was expected")]
    [InlineData(".", "open '.': a number was expected")]
    [InlineData("1e", "open '1e': a number was expected")]
    [InlineData("1e5x", "open '1e5x': a number was expected")]
    [InlineData("1,5", "open '1,5': a number was expected")]
    [InlineData("1.2.3", "open '1.2.3': a number was expected")]
    [InlineData("NaN", "open 'NaN': a number was expected")]
    [InlineData("Infinity", "open 'Infinity': a number was expected")]
    public void Anything_else_is_refused_with_its_reason(string text, string reason) => Assert.Equal(reason, Amount.TryParse("open", Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Every_decimal_with_eight_digits_comes_back() => Prop.ForAll<int, int>((high, low) =>
    {
        var value = high + decimal.Round(low / 2_147_483_648m, 8);
        Assert.Null(Amount.TryParse("x", Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)), out var amount));
        Assert.Equal((Int128)(value * IncomingBar.One), amount);
    }).QuickCheckThrowOnFailure();
}
