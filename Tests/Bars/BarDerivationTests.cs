using FsCheck;
using FsCheck.Fluent;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars;

public sealed class BarDerivationTests
{
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
    private static readonly DateTimeOffset Open = new(2024, 3, 8, 14, 30, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_bar_has_ratios_of_one_and_low_history()
    {
        Assert.Equal(new BarDerivation.Fields(10_000, 10_000, true, 100), Minutes().Next(Bar(0, 12m, 10m, 500m)));
    }

    [Fact]
    public void A_mean_of_zero_makes_the_ratio_zero()
    {
        var derivation = Minutes();
        derivation.Next(Bar(0, 10m, 10m, 0m));
        Assert.Equal((0, 0), derivation.Next(Bar(1, 11m, 10m, 7m)) is var next ? (next.SpreadRatio, next.VolumeRatio) : default);
    }

    [Fact]
    public void The_21st_bar_has_full_history_and_its_ratio_is_capped()
    {
        var derivation = Minutes();
        for (var i = 0; i < BarDerivation.Lookback; i++)
        {
            Assert.True(derivation.Next(Bar(i, 10m, 9.99999999m, 0.00000001m)).LowHistory);
        }

        var next = derivation.Next(Bar(20, 1_000_000m, 1m, 99_999_999_999m));
        Assert.False(next.LowHistory);
        Assert.Equal((9_999_999_999, 9_999_999_999), (next.SpreadRatio, next.VolumeRatio));
    }

    [Fact]
    public void Ratios_use_the_mean_of_up_to_20_bars_before() =>
        Prop.ForAll<PositiveInt[]>(values =>
            {
                var derivation = Minutes();
                for (var i = 0; i < values.Length; i++)
                {
                    var fields = derivation.Next(Bar(i, values[i].Get + 1m, 1m, values[i].Get));
                    var before = values[Math.Max(0, i - BarDerivation.Lookback)..i].Select(value => (decimal)value.Get).ToArray();
                    var expected =
                        before.Length == 0
                            ? 1m
                            : Math.Round(values[i].Get / (before.Sum() / before.Length), 4, MidpointRounding.AwayFromZero);
                    // The formula here divides twice, so its last digit may be rounded differently.
                    if (
                        Math.Abs(fields.VolumeRatio / 10_000m - expected) > 0.0001m
                        || fields.SpreadRatio != fields.VolumeRatio
                        || fields.LowHistory != before.Length < BarDerivation.Lookback
                    )
                    {
                        return false;
                    }
                }

                return true;
            })
            .Check(Config.QuickThrowOnFailure.WithEndSize(500).WithMaxTest(300));

    [Fact]
    public void Ratios_equal_exact_arithmetic_for_amounts_of_any_size() =>
        Prop.ForAll(
                Gen.ArrayOf(Gen.Choose(0, 28).SelectMany(power => Gen.Choose(1, 99).Select(n => (Int128)n * Power(power))))
                    .Resize(60)
                    .ToArbitrary(),
                volumes =>
                {
                    var derivation = Minutes();
                    for (var i = 0; i < volumes.Length; i++)
                    {
                        var volume = Int128.Min(volumes[i], IncomingBar.VolumeLimit - 1);
                        volumes[i] = volume;
                        var before = volumes[Math.Max(0, i - BarDerivation.Lookback)..i];
                        var sum = before.Aggregate(System.Numerics.BigInteger.Zero, (total, value) => total + value);
                        var expected =
                            before.Length == 0
                                ? 10_000
                                : System.Numerics.BigInteger.Min(
                                    9_999_999_999,
                                    ((2 * (System.Numerics.BigInteger)volume * 10_000 * before.Length) + sum) / (2 * sum)
                                );
                        if (derivation.Next(new(IncomingBar.TimeOf(Open.AddMinutes(i)), 1, 1, 1, 1, volume)).VolumeRatio != expected)
                        {
                            return false;
                        }
                    }

                    return true;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Theory]
    [InlineData("2024-03-08T14:31Z", 100)] // the next minute
    [InlineData("2024-03-08T14:32Z", 60)] // one is missing
    [InlineData("2024-03-09T04:59Z", 60)] // still Friday in New York
    [InlineData("2024-03-09T05:00Z", 100)] // Saturday: another session
    [InlineData("2024-03-11T13:30Z", 100)] // Monday's open, an hour earlier in UTC since the clock was put forward
    public void Quality_drops_after_a_gap_within_a_session_but_not_between_sessions(string next, int quality)
    {
        var derivation = Minutes();
        derivation.Next(Bar(0, 11m, 10m, 5m));
        var bar = Bar(0, 11m, 10m, 5m) with
        {
            Time = IncomingBar.TimeOf(DateTimeOffset.Parse(next, System.Globalization.CultureInfo.InvariantCulture)),
        };
        Assert.Equal(quality, derivation.Next(bar).Quality);
    }

    [Fact]
    public void Every_broken_rule_lowers_the_quality()
    {
        var derivation = Minutes();
        for (var i = 0; i < BarDerivation.Lookback; i++)
        {
            derivation.Next(Bar(i, 11m, 10m, 5m));
        }

        // The closes are 10 and the spreads 1 so far. A move of exactly ten spreads is not an outlier.
        Assert.Equal(90, derivation.Copy().Next(Bar(20, 20m, 20m, 5m)).Quality);
        Assert.Equal(60, derivation.Copy().Next(Bar(20, 20.00000001m, 20.00000001m, 5m)).Quality);
        Assert.Equal(10, derivation.Copy().Next(Bar(30, 30m, 30m, 0m)).Quality);
    }

    private static BarDerivation Minutes() => new(Timeframe.Minute1, new(NewYork));

    private static IncomingBar Bar(int minute, decimal high, decimal low, decimal volume)
    {
        Assert.Null(IncomingBar.TryCreate(Open.AddMinutes(minute), low, high, low, low, volume, null, null, out var bar));
        return bar;
    }

    private static Int128 Power(int exponent) =>
        Enumerable.Repeat((Int128)10, exponent).Aggregate((Int128)1, (product, ten) => product * ten);
}
