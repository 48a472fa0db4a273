using Wyckoff.Quality;

namespace Wyckoff.Tests.Quality;

public sealed class OutlierRulesTests
{
    private static readonly DateTimeOffset Time = new(2024, 1, 2, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(120, null)] // a move of 20 with a mean spread of 2: ten times, but not more
    [InlineData(120.02, 10.01)]
    [InlineData(79.9, 10.05)]
    public void A_close_that_moves_by_more_than_ten_mean_spreads_is_an_outlier(decimal close, double? times)
    {
        var found = After(20, new(100, 130, 70, close, 5)).SingleOrDefault();
        Assert.Equal(times is { } expected ? new Outlier(Time, OutlierRules.Move, close, 100, 2, (decimal)expected, 5) : null, found);
    }

    [Fact]
    public void A_move_is_not_judged_with_fewer_than_20_bars_before() => Assert.Empty(After(19, new(100, 900, 70, 900, 5)));

    [Fact]
    public void After_bars_without_spread_every_move_is_an_outlier_without_a_ratio()
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
    public void A_bar_with_one_price_is_flat_and_a_bar_without_volume_is_only_zero_volume()
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
