using Wyckoff.Web.Pages.Market;

namespace Wyckoff.Tests.Web.Market;

public sealed class FiguresTests
{
    [Fact]
    public void Prices_changes_and_volumes_are_written_for_people()
    {
        Assert.Equal(
            ["67,123.40", "0.00001234", "−37.63", "–"],
            new decimal?[] { 67123.4m, 0.00001234m, -37.63m, null }.Select(Figures.Price)
        );
        Assert.Equal(["+1,204.50 %", "−0.13 %", "0.00 %", "–"], new decimal?[] { 1204.5m, -0.125m, 0m, null }.Select(Figures.Percent));
        Assert.Equal(
            ["12.5", "99,999", "123.5 k", "46.8 M", "1.2 B", "100,000,000.0 T", "–"],
            new decimal?[] { 12.5m, 99_999m, 123_456m, 46_835_700m, 1_234_567_890m, 1e20m, null }.Select(Figures.Volume)
        );
        Assert.Equal(["34,038.0787", "0.12345678"], new decimal?[] { 34038.078723m, 0.12345678m }.Select(Figures.Short));
        Assert.Equal(["567.89", "0.012346", "0.00"], new decimal?[] { 567.891234m, 0.0123456m, 0m }.Select(Figures.Rounded));
        Assert.Equal([50m, null, null, null], new decimal[][] { [2, 9, 3], [1], [], [0, 1] }.Select(Figures.ChangePct));
    }

    [Theory]
    [InlineData("", true, null)]
    [InlineData("-2.5", true, "-2.5")]
    [InlineData("1e3", false, null)]
    [InlineData("much", false, null)]
    public void A_number_of_an_address_is_read_or_refused(string text, bool isRead, string? expected)
    {
        Assert.Equal(isRead, Figures.TryRead(text, out var number));
        Assert.Equal(expected, number?.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_sparkline_spans_its_box_and_a_constant_price_is_a_line_in_the_middle()
    {
        Assert.Equal("0,23 50,1 100,12", Sparkline.Points([10m, 20m, 15m]));
        Assert.Equal("0,12 100,12", Sparkline.Points([5m, 5m]));
    }

    [Fact]
    public void Symbols_are_escaped_in_addresses()
    {
        Assert.Equal("/market/tickers/BTC%2FUSDT?timeframe=1h", MarketLinks.Ticker("BTC/USDT", "1h"));
        Assert.Equal("/chart?symbol=%5EGSPC&timeframe=1d", MarketLinks.Chart("^GSPC", "1d"));
        Assert.Equal("/market/watch?symbol=A%3DF&back=%2Fmarket%3Fsearch%3Da%26b", MarketLinks.Watch("A=F", "/market?search=a&b"));
    }
}
