using Wyckoff.Quality;

namespace Wyckoff.Tests.Quality;

public sealed class OutlierRulesTests
{
    private static readonly DateTimeOffset Time = new(2024, 1, 2, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(120, null)] // 20 beyond a mean spread of 2: ten times, and not more
    [InlineData(120.02, 10.01)]
    [InlineData(79.9, 10.05)]
    public void A_close_that_moves_by_more_than_ten_mean_spreads(decimal close, double? times)
    {
        var found = After(20, new(100, 130, 70, close, 5)).SingleOrDefault();
        Assert.Equal(times is { } expected ? new Outlier(Time, OutlierRules.Move, close, 100, 2, (decimal)expected, 5) : null, found);
    }

    [Fact]
    public void Fewer_than_twenty_bars_before_say_nothing_about_a_move() => Assert.Empty(After(19, new(100, 900, 70, 900, 5)));

    [Fact]
    public void After_bars_without_any_spread_every_move_is_one_and_has_no_ratio()
    {
        var rules = new OutlierRules();
        for (var i = 0; i < 20; i++)
        {
            _ = rules.Next(Time, new(100, 100, 100, 100, 1)).ToList();
        }

        var found = Assert.Single(rules.Next(Time, new(100, 101, 100, 101, 1)));
        Assert.Equal((OutlierRules.Move, 0m, (decimal?)null), (found.Rule, found.MeanSpread, found.Times));
    }

    [Fact]
    public void One_price_for_all_is_flat_when_traded_and_nothing_traded_is_zero_volume_alone()
    {
        Assert.Equal(OutlierRules.Flat, Assert.Single(After(20, new(101, 101, 101, 101, 5))).Rule);
        Assert.Equal(OutlierRules.ZeroVolume, Assert.Single(After(20, new(101, 101, 101, 101, 0))).Rule);
        Assert.Equal(OutlierRules.ZeroVolume, Assert.Single(After(20, new(101, 102, 101, 101, 0))).Rule);
    }

    private static List<Outlier> After(int bars, BarAmounts bar)
    {
        var rules = new OutlierRules();
        for (var i = 0; i < bars; i++)
        {
            Assert.Empty(rules.Next(Time, new(100, 101, 99, 100, 5)));
        }

        return [.. rules.Next(Time, bar)];
    }
}
