using FsCheck;
using FsCheck.Fluent;
using Wyckoff.MarketData;

namespace Wyckoff.Tests.MarketData;

public sealed class BarDerivationTests
{
    [Fact]
    public void The_first_bar_has_ratios_of_one_and_little_history()
    {
        var first = new BarDerivation().Next(12m, 10m, 500m);
        Assert.Equal(new BarDerivation.Fields(2m, 1m, 1m, true), first);
    }

    [Fact]
    public void A_mean_of_zero_makes_the_ratio_zero_whatever_the_value()
    {
        var derivation = new BarDerivation();
        derivation.Next(10m, 10m, 0m);
        Assert.Equal((0m, 0m), (derivation.Next(11m, 10m, 7m) is var next) ? (next.SpreadRatio, next.VolumeRatio) : default);
    }

    [Fact]
    public void The_twenty_first_bar_has_full_history_and_a_ratio_is_capped()
    {
        var derivation = new BarDerivation();
        for (var i = 0; i < BarDerivation.Window; i++)
        {
            Assert.True(derivation.Next(10m, 9.99999999m, 0.00000001m).LowHistory);
        }

        var next = derivation.Next(1_000_000m, 1m, 99_999_999_999m);
        Assert.False(next.LowHistory);
        Assert.Equal((999_999.9999m, 999_999.9999m), (next.SpreadRatio, next.VolumeRatio));
    }

    [Fact]
    public void Every_bar_is_measured_against_the_mean_of_the_up_to_twenty_before_it() => Prop.ForAll<PositiveInt[]>(values =>
    {
        var derivation = new BarDerivation();
        for (var i = 0; i < values.Length; i++)
        {
            var fields = derivation.Next(values[i].Get + 1m, 1m, values[i].Get);
            var before = values[Math.Max(0, i - BarDerivation.Window)..i].Select(value => (decimal)value.Get).ToArray();
            var expected = before.Length == 0 ? 1m : Math.Round(values[i].Get / (before.Sum() / before.Length), 4, MidpointRounding.AwayFromZero);
            // The plain formula divides twice, so its last digit may differ where the quotient lies on the edge.
            if (Math.Abs(fields.VolumeRatio - expected) > 0.0001m || fields.SpreadRatio != fields.VolumeRatio || fields.LowHistory != before.Length < BarDerivation.Window)
            {
                return false;
            }
        }

        return true;
    }).Check(Config.QuickThrowOnFailure.WithEndSize(500).WithMaxTest(300));
}
