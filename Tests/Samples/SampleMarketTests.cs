using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wyckoff.Ingestor.Samples;

namespace Wyckoff.Tests.Samples;

public sealed class SampleMarketTests
{
    private static readonly TimeZoneInfo _newYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    public static TheoryData<string> Symbols => ["AAPL", "TSLA", "SPY"];

    [Fact]
    public void Every_ticker_is_named_as_synthetic()
    {
        Assert.Equal(["AAPL", "TSLA", "SPY"], SampleMarket.Tickers.Select(ticker => ticker.Symbol));
        Assert.All(
            SampleMarket.Tickers,
            ticker =>
            {
                Assert.Contains("synthetic", ticker.Name, StringComparison.Ordinal);
                Assert.Equal(ticker.Symbol == "SPY" ? "etf" : "stock", ticker.AssetType);
                Assert.Equal(_newYork.Id, ticker.TimeZone);
            }
        );
        Assert.Throws<ArgumentException>(() => SampleMarket.Daily("MSFT"));
    }

    [Theory, MemberData(nameof(Symbols))]
    public void Daily_bars_exist_for_all_sessions_of_the_exchange_and_no_other_day(string symbol)
    {
        var days = SampleMarket.Daily(symbol);
        Assert.All(days, bar => Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (bar.Timestamp.Offset, bar.Timestamp.TimeOfDay)));
        var sessions = days.Select(bar => DateOnly.FromDateTime(bar.Timestamp.UtcDateTime)).ToList();
        Assert.Equal(252, sessions.Count);
        Assert.Equal(new DateOnly(2024, 1, 2), sessions[0]);
        Assert.Equal(new DateOnly(2024, 12, 31), sessions[^1]);
        Assert.Equal(sessions.Order().Distinct(), sessions);

        // The weekdays without a bar are the ten holidays that the exchange announced.
        var closed = Enumerable
            .Range(0, 366)
            .Select(day => new DateOnly(2024, 1, 1).AddDays(day))
            .Except(sessions)
            .Where(day => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday))
            .Select(day => day.ToString("MM-dd", CultureInfo.InvariantCulture));
        Assert.Equal(["01-01", "01-15", "02-19", "03-29", "05-27", "06-19", "07-04", "09-02", "11-28", "12-25"], closed);
        Assert.DoesNotContain(sessions, day => day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday);
    }

    [Theory, MemberData(nameof(Symbols))]
    public void Every_bar_is_consistent(string symbol)
    {
        Assert.All(
            SampleMarket.Daily(symbol).Concat(SampleMarket.Minutes(symbol)),
            bar =>
            {
                Assert.InRange(bar.Open, bar.Low, bar.High);
                Assert.InRange(bar.Close, bar.Low, bar.High);
                Assert.InRange(bar.Vwap, bar.Low, bar.High);
                Assert.True(bar is { Low: > 0, Volume: > 0, TradeCount: > 0 } && bar.TradeCount <= bar.Volume);
                Assert.All([bar.Open, bar.High, bar.Low, bar.Close], price => Assert.Equal(decimal.Round(price, 2), price));
            }
        );
        Assert.All(SampleMarket.Daily(symbol), bar => Assert.True(bar.High > bar.Low));
    }

    [Theory]
    [InlineData("AAPL", 160, 260, 12, 250)]
    [InlineData("TSLA", 150, 450, 20, 450)]
    [InlineData("SPY", 460, 620, 20, 220)]
    public void Prices_and_volumes_are_in_a_realistic_range(string symbol, int lowest, int highest, int fewestMillions, int mostMillions) =>
        Assert.All(
            SampleMarket.Daily(symbol),
            bar =>
            {
                Assert.InRange(bar.Low, lowest, highest);
                Assert.InRange(bar.High, lowest, highest);
                Assert.InRange(bar.Volume, fewestMillions * 1_000_000L, mostMillions * 1_000_000L);
            }
        );

    [Fact]
    public void Minute_bars_cover_the_trading_hours_of_New_York()
    {
        Assert.Empty(SampleMarket.Minutes("AAPL"));
        Assert.Empty(SampleMarket.Minutes("TSLA"));
        var sessions = SampleMarket.Minutes("SPY").GroupBy(bar => DateOnly.FromDateTime(InNewYork(bar))).ToList();
        Assert.Equal(
            SampleMarket.Daily("SPY").TakeLast(20).Select(bar => DateOnly.FromDateTime(bar.Timestamp.UtcDateTime)),
            sessions.Select(session => session.Key)
        );
        Assert.All(
            sessions,
            session =>
            {
                var count = session.Key == new DateOnly(2024, 12, 24) ? 210 : 390;
                Assert.Equal(
                    Enumerable.Range(0, count).Select(minute => session.Key.ToDateTime(new TimeOnly(9, 30)).AddMinutes(minute)),
                    session.Select(InNewYork)
                );
            }
        );

        static DateTime InNewYork(SampleBar bar) => TimeZoneInfo.ConvertTime(bar.Timestamp, _newYork).DateTime;
    }

    [Fact]
    public void Minute_bars_aggregate_exactly_to_their_daily_bars()
    {
        var days = SampleMarket
            .Minutes("SPY")
            .GroupBy(bar => bar.Timestamp.UtcDateTime.Date)
            .Select(group =>
            {
                var minutes = group.ToList();
                var volume = minutes.Sum(bar => bar.Volume);
                var vwap = Math.Round(minutes.Sum(bar => bar.Vwap * bar.Volume) / volume, 8, MidpointRounding.AwayFromZero);
                return new SampleBar(
                    new DateTimeOffset(group.Key, TimeSpan.Zero),
                    minutes[0].Open,
                    minutes.Max(bar => bar.High),
                    minutes.Min(bar => bar.Low),
                    minutes[^1].Close,
                    volume,
                    minutes.Sum(bar => bar.TradeCount),
                    vwap
                );
            });
        Assert.Equal(SampleMarket.Daily("SPY").TakeLast(20), days);
    }

    [Fact]
    public void Volume_is_highest_at_both_ends_of_a_session()
    {
        var minutes = SampleMarket.Minutes("SPY").GroupBy(bar => bar.Timestamp.UtcDateTime.Date).Where(day => day.Count() == 390).ToList();
        Assert.All(
            minutes,
            day =>
            {
                var hours = day.Chunk(65).Select(hour => hour.Average(bar => (decimal)bar.Volume)).ToList();
                Assert.True(Math.Min(hours[0], hours[5]) > 1.3m * Math.Max(hours[2], hours[3]));
            }
        );
    }

    [Fact]
    public void The_bars_are_the_same_on_every_machine()
    {
        var text = new StringBuilder();
        foreach (var ticker in SampleMarket.Tickers)
        {
            foreach (var bar in SampleMarket.Daily(ticker.Symbol).Concat(SampleMarket.Minutes(ticker.Symbol)))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{ticker.Symbol} {bar.Timestamp.UtcDateTime:yyyy-MM-ddTHH:mm}Z "
                        + $"{bar.Open:F2} {bar.High:F2} {bar.Low:F2} {bar.Close:F2} {bar.Volume} {bar.TradeCount} {bar.Vwap:F8}\n"
                );
            }
        }
        Assert.Equal(
            "ccc8a4c534140cc3eeb8c31e1644e6437a0e8968956e432b170525e9dbb9bc9f",
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))
        );
    }

    [Fact]
    public void AAPL_shows_a_textbook_accumulation()
    {
        var chart = new Chart("AAPL");
        Assert.Equal(["PS", "SC", "AR", "ST", "ST", "Spring", "Test", "SOS", "LPS"], chart.Names);

        int climax = chart["SC"],
            rally = chart["AR"],
            spring = chart["Spring"],
            test = chart["Test"],
            sign = chart["SOS"],
            support = chart["LPS"];
        var bars = chart.Bars;
        var (bottom, top) = (bars[climax].Low, bars[rally].High);

        Assert.True(bars[0].Close > bars[chart["PS"]].Close && bars[chart["PS"]].Close > bars[climax].Close, "a decline goes before");
        Assert.True(
            chart.Volume(climax) >= 2.5m
                && chart.Spread(climax) >= 1.5m
                && chart.Position(climax) >= 0.5m
                && bars[climax].Close < bars[climax - 1].Close
        );
        Assert.Equal(bars.Max(bar => bar.Volume), bars[climax].Volume);
        Assert.True(top >= bottom * 1.03m && rally - climax <= 5);
        Assert.InRange(sign - climax, 40, 70);
        Assert.True((top - bottom) / bottom >= 0.08m, "the range is wide enough to trade");
        Assert.All(
            Enumerable.Range(climax, spring - climax),
            i => Assert.True(bars[i].Low >= bottom && bars[i].High <= top, "before the spring nothing leaves the range")
        );
        Assert.All(
            chart.All("ST"),
            i => Assert.True(bars[i].Low <= bottom * 1.02m && bars[i].Volume <= bars[climax].Volume * 0.8m && chart.Volume(i) < 1m)
        );

        Assert.InRange((bottom - bars[spring].Low) / bottom, 0.01m, 0.03m);
        Assert.True(chart.Volume(spring) < 0.7m && bars[spring].Close > bottom, "back inside at once");
        Assert.InRange(test - spring, 3, 15);
        Assert.True(
            bars[test].Low > bars[spring].Low
                && bars[test].Low <= bars[spring].Low * 1.03m
                && chart.Volume(test) < chart.Volume(spring)
                && bars[test].Volume < bars[spring].Volume
        );
        Assert.All(bars.Skip(spring + 1), bar => Assert.True(bar.Low > bars[spring].Low));

        Assert.True(
            bars[sign].Close >= top * 1.01m && chart.Volume(sign) >= 1.5m && chart.Spread(sign) >= 1.2m && chart.Position(sign) >= 0.7m
        );
        Assert.True(bars.Take(sign).Skip(rally).All(bar => bar.Close < top), "nothing closed above the range before");
        Assert.InRange(support - sign, 3, 10);
        Assert.InRange(bars[support].Low, top * 0.98m, top * 1.03m);
        Assert.True(chart.Volume(support) < 0.9m && chart.Spread(support) < 0.8m && bars[support].Volume < bars[sign].Volume / 2);
        Assert.Contains(bars.Skip(support).Take(4), bar => bar.Close >= bars[support].Low * 1.01m);
        Assert.All(bars.Skip(support), bar => Assert.True(bar.Low >= top * 0.98m));
        Assert.True(bars[^1].Close >= top + 3 * (top - bottom), "markup");
    }

    [Fact]
    public void TSLA_shows_a_textbook_distribution()
    {
        var chart = new Chart("TSLA");
        Assert.Equal(["PSY", "BC", "AR", "ST", "UTAD", "SOW", "LPSY", "SC", "AR", "SOS"], chart.Names);

        int climax = chart["BC"],
            reaction = chart["AR"],
            upthrust = chart["UTAD"],
            sign = chart["SOW"],
            supply = chart["LPSY"];
        var bars = chart.Bars;
        var (top, bottom) = (bars[climax].High, bars[reaction].Low);

        Assert.True(
            chart.Volume(climax) >= 2.5m
                && chart.Spread(climax) >= 1.5m
                && chart.Position(climax) <= 0.5m
                && bars[climax].Close > bars[climax - 1].Close
        );
        Assert.True(bottom <= top * 0.97m && reaction - climax <= 5);
        Assert.All(Enumerable.Range(climax, upthrust - climax), i => Assert.True(bars[i].Low >= bottom && bars[i].High <= top));
        Assert.InRange((bars[upthrust].High - top) / top, 0.005m, 0.01m);
        Assert.True(chart.Volume(upthrust) > 1.5m && bars[upthrust].Close < top);
        Assert.True(
            bars[sign].Close <= bottom * 0.99m && chart.Volume(sign) >= 1.5m && chart.Spread(sign) >= 1.2m && chart.Position(sign) <= 0.3m
        );
        Assert.InRange(supply - sign, 3, 10);
        Assert.InRange(bars[supply].High, bottom * 0.97m, bottom * 1.02m);
        Assert.True(chart.Volume(supply) < 0.9m && chart.Spread(supply) < 0.8m);
        Assert.True(bars.Min(bar => bar.Close) < bottom - (top - bottom) && bars[^1].Close > bottom, "markdown, then recovery");
    }

    [Fact]
    public void SPY_shows_a_reaccumulation()
    {
        var chart = new Chart("SPY");
        Assert.Equal(["PSY", "BC", "AR", "Spring", "Test", "SOS", "LPS"], chart.Names);

        var bars = chart.Bars;
        var (top, bottom) = (bars[chart["BC"]].High, bars[chart["AR"]].Low);
        int spring = chart["Spring"],
            sign = chart["SOS"];
        Assert.All(Enumerable.Range(chart["BC"], spring - chart["BC"]), i => Assert.True(bars[i].Low >= bottom && bars[i].High <= top));
        Assert.All(bars.Skip(spring + 1), bar => Assert.True(bar.Low > bars[spring].Low));
        Assert.True(bars[spring].Low < bottom && bars[spring].Close > bottom && chart.Volume(spring) < 0.7m);
        Assert.True(bars[chart["Test"]].Low > bars[spring].Low && chart.Volume(chart["Test"]) < chart.Volume(spring));
        Assert.True(
            bars[sign].Close >= top * 1.01m && chart.Volume(sign) >= 1.5m && chart.Spread(sign) >= 1.2m && chart.Position(sign) >= 0.7m
        );
        Assert.InRange(bars[chart["LPS"]].Low, top * 0.98m, top * 1.03m);
        Assert.True(bars[0].Close < bottom && bars[^1].Close > top * 1.05m);
    }

    [Theory, MemberData(nameof(Symbols))]
    public void Volume_correlates_with_the_spread_and_volatile_days_come_in_clusters(string symbol)
    {
        var bars = SampleMarket.Daily(symbol);
        var spreads = bars.Select(bar => (double)((bar.High - bar.Low) / bar.Close)).ToList();
        Assert.True(Correlation(spreads, [.. bars.Select(bar => (double)bar.Volume)]) > 0.4);
        Assert.True(Correlation(spreads[1..], spreads[..^1]) > 0.1);
    }

    private static double Correlation(List<double> xs, List<double> ys)
    {
        double mx = xs.Average(),
            my = ys.Average();
        var cov = xs.Zip(ys, (x, y) => (x - mx) * (y - my)).Sum();
        return cov / Math.Sqrt(xs.Sum(x => (x - mx) * (x - mx)) * ys.Sum(y => (y - my) * (y - my)));
    }

    /// <summary>
    /// Computes the ratios of the analysis, to the mean of the 20 bars before, independently of the product code.
    /// </summary>
    private sealed class Chart(string symbol)
    {
        private readonly List<(string Name, int Index)> _events =
        [
            .. SampleMarket
                .Events(symbol)
                .Select(found =>
                    (
                        found.Name,
                        SampleMarket
                            .Daily(symbol)
                            .ToList()
                            .FindIndex(bar => DateOnly.FromDateTime(bar.Timestamp.UtcDateTime) == found.Session)
                    )
                ),
        ];

        public IReadOnlyList<SampleBar> Bars { get; } = SampleMarket.Daily(symbol);

        public IEnumerable<string> Names => _events.Select(found => found.Name);

        public int this[string name] => _events.First(found => found.Name == name).Index;

        public IEnumerable<int> All(string name) => _events.Where(found => found.Name == name).Select(found => found.Index);

        public decimal Volume(int i) => Ratio(i, bar => bar.Volume);

        public decimal Spread(int i) => Ratio(i, bar => bar.High - bar.Low);

        public decimal Position(int i) => (Bars[i].Close - Bars[i].Low) / (Bars[i].High - Bars[i].Low);

        private decimal Ratio(int i, Func<SampleBar, decimal> of) => of(Bars[i]) / Bars.Take(i).TakeLast(20).Average(of);
    }
}
