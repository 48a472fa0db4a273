using FsCheck;
using FsCheck.Fluent;
using Wyckoff.Bars;
using Wyckoff.Indicators;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Indicators;

public sealed class IndicatorSeriesTests
{
    private const int Bars = 900;

    /// <summary>
    /// The expected indicators by index of the bar, for 900 hourly bars with the closes of <see cref="Closes"/> and the volumes 1, 2, 3 and
    /// so on. They were computed by an independent program: the textbook formulas with 60 digits in Python's decimal module, with
    /// recursions that start at the first bar, rounded once at the end.
    /// </summary>
    private static readonly Dictionary<int, IndicatorValues> Golden = new()
    {
        { 10, new(null, null, null, null, null, null, null, null, null, null, null, 66m) },
        { 11, new(null, null, 99.65587694m, null, null, null, null, null, null, null, null, 78m) },
        { 13, new(null, null, 99.45820754m, null, null, null, null, null, null, null, null, 105m) },
        { 14, new(null, null, 99.45494162m, null, 39.2799m, null, null, null, null, null, null, 120m) },
        { 18, new(null, null, 99.91873223m, null, 54.2055m, null, null, null, null, null, null, 190m) },
        { 19, new(99.77063498m, null, 100.03399362m, null, 56.3773m, null, null, null, 100.81285289m, 99.77063498m, 98.72841708m, 210m) },
        { 24, new(100.02166485m, null, 100.59824036m, null, 61.2660m, null, null, null, 101.54081544m, 100.02166485m, 98.50251426m, 324m) },
        {
            25,
            new(
                100.10044191m,
                null,
                100.69654640m,
                100.05134654m,
                60.0812m,
                0.64519986m,
                null,
                null,
                101.69812716m,
                100.10044191m,
                98.50275665m,
                348m
            )
        },
        {
            32,
            new(
                100.72002124m,
                null,
                100.89519728m,
                100.46837326m,
                48.8411m,
                0.42682402m,
                null,
                null,
                102.06617827m,
                100.72002124m,
                99.37386421m,
                516m
            )
        },
        {
            33,
            new(
                100.78274382m,
                null,
                100.80403808m,
                100.45609839m,
                45.1766m,
                0.34793969m,
                0.56815486m,
                -0.22021517m,
                101.91068440m,
                100.78274382m,
                99.65480323m,
                540m
            )
        },
        {
            48,
            new(
                100.63119313m,
                null,
                100.84859667m,
                100.64673019m,
                57.0386m,
                0.20186647m,
                0.17121806m,
                0.03064841m,
                101.46202399m,
                100.63119313m,
                99.80036228m,
                900m
            )
        },
        {
            49,
            new(
                100.68308902m,
                100.41004222m,
                100.99306509m,
                100.73124213m,
                62.5219m,
                0.26182295m,
                0.18933904m,
                0.07248391m,
                101.65477405m,
                100.68308902m,
                99.71140398m,
                924m
            )
        },
        {
            120,
            new(
                97.51182952m,
                98.26445154m,
                97.44757998m,
                97.73741912m,
                46.0083m,
                -0.28983914m,
                -0.35588296m,
                0.06604382m,
                98.38712344m,
                97.51182952m,
                96.63653559m,
                2628m
            )
        },
        {
            398,
            new(
                94.20840176m,
                95.84939036m,
                93.66307172m,
                94.54347270m,
                37.5762m,
                -0.88040097m,
                -0.89741458m,
                0.01701361m,
                96.35510195m,
                94.20840176m,
                92.06170157m,
                9300m
            )
        },
        {
            399,
            new(
                94.08294671m,
                95.82063299m,
                93.73074246m,
                94.51084002m,
                44.3387m,
                -0.78009756m,
                -0.87395118m,
                0.09385362m,
                95.92471283m,
                94.08294671m,
                92.24118058m,
                9324m
            )
        },
        {
            400,
            new(
                94.00477110m,
                95.79734408m,
                93.87875460m,
                94.52432012m,
                51.4230m,
                -0.64556552m,
                -0.82827405m,
                0.18270853m,
                95.58506350m,
                94.00477110m,
                92.42447869m,
                9348m
            )
        },
        {
            401,
            new(
                93.96232112m,
                95.76956276m,
                94.01681605m,
                94.54297448m,
                52.3458m,
                -0.52615843m,
                -0.76785092m,
                0.24169249m,
                95.40592583m,
                93.96232112m,
                92.51871642m,
                9372m
            )
        },
        {
            650,
            new(
                99.22749624m,
                98.33614602m,
                99.25283289m,
                98.99895120m,
                48.9646m,
                0.25388170m,
                0.35301007m,
                -0.09912837m,
                99.95328002m,
                99.22749624m,
                98.50171245m,
                15348m
            )
        },
        {
            899,
            new(
                95.04147882m,
                95.69203889m,
                94.82779312m,
                95.12232854m,
                50.9316m,
                -0.29453542m,
                -0.34844188m,
                0.05390645m,
                96.25650470m,
                95.04147882m,
                93.82645294m,
                21324m
            )
        },
    };

    [Fact]
    public void Indicators_equal_those_of_an_independent_program()
    {
        var series = new IndicatorSeries(Timeframe.Hour1);
        var closes = Closes();
        for (var i = 0; i < Bars; i++)
        {
            var values = series.Next(Hour(i), closes[i], (Int128)(i + 1) * IncomingBar.One);
            if (Golden.TryGetValue(i, out var expected))
            {
                // Differences and bands are computed from rounded parts, so their last digit may differ.
                Assert.All(
                    Amounts(expected).Zip(Amounts(values)),
                    pair =>
                        Assert.True(
                            pair.First is null ? pair.Second is null : Math.Abs(pair.First.Value - pair.Second!.Value) <= 0.00000001m,
                            $"bar {i}: {pair}"
                        )
                );
                Assert.Equal(
                    (expected.Sma20, expected.Sma50, expected.Ema12, expected.Ema26, expected.Rsi14, expected.Volume24h),
                    (values.Sma20, values.Sma50, values.Ema12, values.Ema26, values.Rsi14, values.Volume24h)
                );
                Assert.Equal((values.Ema12 - values.Ema26, values.Macd - values.MacdSignal), (values.Macd, values.MacdHistogram));
            }
        }
    }

    [Fact]
    public void A_series_that_starts_400_bars_earlier_gives_identical_values() =>
        Prop.ForAll(
                (
                    from seed in Gen.Choose(1, int.MaxValue)
                    from start in Gen.Choose(1, 400)
                    from scale in Gen.Elements(1L, 1000L, 1_000_000_000L)
                    from constant in Gen.Choose(0, 3)
                    select (seed, start, scale, constant)
                ).ToArbitrary(),
                sample =>
                {
                    var random = new Random(sample.seed);
                    var closes = Enumerable
                        .Range(0, 900)
                        .Select(_ => (sample.constant == 0 ? 7 : random.NextInt64(1, 100_000_000)) * sample.scale)
                        .ToArray();
                    var whole = new IndicatorSeries(Timeframe.Hour1);
                    var late = new IndicatorSeries(Timeframe.Hour1);
                    for (var i = 0; i < closes.Length; i++)
                    {
                        var ofAll = whole.Next(Hour(i), closes[i], closes[i]);
                        var ofSome = i >= sample.start ? late.Next(Hour(i), closes[i], closes[i]) : default;
                        if (i >= sample.start + IndicatorSeries.Window - 1 && ofAll != ofSome)
                        {
                            return false;
                        }
                    }

                    return true;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(30));

    [Theory]
    [InlineData("1m", 1440)]
    [InlineData("5m", 288)]
    [InlineData("4h", 6)]
    [InlineData("1d", 1)]
    public void Volume_24h_is_the_sum_of_the_bars_that_open_in_the_24_hours(string name, int bars)
    {
        var timeframe = Timeframe.Parse(name);
        var series = new IndicatorSeries(timeframe);
        var step = (long)timeframe.Width.TotalMicroseconds;
        decimal last = 0;
        for (var i = 0; i < 2000; i++)
        {
            last = series.Next(i * step, 1, IncomingBar.One / 4).Volume24h;
            Assert.Equal(Math.Min(i + 1, bars) * 0.25m, last);
        }

        // After a week without bars.
        Assert.Equal(3m, series.Next(2000 * step + (long)TimeSpan.FromDays(7).TotalMicroseconds, 1, 3 * IncomingBar.One).Volume24h);
    }

    [Fact]
    public void Constant_prices_equal_their_means_and_have_an_rsi_of_50()
    {
        var series = new IndicatorSeries(Timeframe.Day1);
        var values = Enumerable.Range(0, 500).Select(i => series.Next(i, 12_345_678_901, 0)).ToArray()[^1];
        Assert.Equal(
            new IndicatorValues(
                123.45678901m,
                123.45678901m,
                123.45678901m,
                123.45678901m,
                50m,
                0m,
                0m,
                0m,
                123.45678901m,
                123.45678901m,
                123.45678901m,
                0m
            ),
            values
        );
    }

    [Theory]
    [InlineData(9_500_000_000)]
    [InlineData(20_000_000_000)]
    public void Prices_that_cross_zero_have_shifted_means_and_the_same_oscillators(long below)
    {
        // Shifting all prices down shifts means and bands, and leaves differences alone. The last digit may be rounded the other way.
        var (original, shifted) = (new IndicatorSeries(Timeframe.Hour1), new IndicatorSeries(Timeframe.Hour1));
        var closes = Closes();
        Assert.Contains(closes, close => close < below);
        for (var i = 0; i < Bars; i++)
        {
            var (expected, values) = (original.Next(Hour(i), closes[i], 1), shifted.Next(Hour(i), closes[i] - below, 1));
            decimal?[] shifts = [below, below, below, below, 0, 0, 0, 0, below, below, below];
            Assert.All(
                Amounts(expected).Zip(Amounts(values), shifts),
                triple =>
                    Assert.True(
                        triple.First is null
                            ? triple.Second is null
                            : Math.Abs(triple.First.Value - triple.Second!.Value - triple.Third!.Value / IncomingBar.One) <= 0.00000003m,
                        $"bar {i}: {triple}"
                    )
            );
        }
    }

    [Fact]
    public void Mirrored_prices_have_mirrored_indicators()
    {
        // Rounding half away from zero treats both signs alike, so that all digits are equal.
        var (up, down) = (new IndicatorSeries(Timeframe.Hour1), new IndicatorSeries(Timeframe.Hour1));
        var closes = Closes();
        for (var i = 0; i < Bars; i++)
        {
            var (v, mirrored) = (up.Next(Hour(i), closes[i], 1), down.Next(Hour(i), -closes[i], 1));
            Assert.Equal(
                [
                    -v.Sma20,
                    -v.Sma50,
                    -v.Ema12,
                    -v.Ema26,
                    v.Rsi14,
                    -v.Macd,
                    -v.MacdSignal,
                    -v.MacdHistogram,
                    -v.BbLower,
                    -v.BbMiddle,
                    -v.BbUpper,
                ],
                Amounts(mirrored with { Rsi14 = v.Rsi14 })
            );
            Assert.True(v.Rsi14 is null || Math.Abs(100m - v.Rsi14.Value - mirrored.Rsi14!.Value) <= 0.0001m);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(40)]
    public void Prices_between_both_limits_give_values_that_fit_the_columns(int half)
    {
        var series = new IndicatorSeries(Timeframe.Minute1);
        for (var i = 0; i < 1500; i++)
        {
            var values = series.Next(i, i / half % 2 == 0 ? IncomingBar.PriceLimit - 1 : 1 - IncomingBar.PriceLimit, 1);
            Assert.All(Amounts(values), value => Assert.True(value is null || Math.Abs(value.Value) < 10_000_000_000m));
            Assert.True(values.BbLower is null || values.BbLower <= values.BbMiddle && values.BbMiddle <= values.BbUpper);
            Assert.True(values.Rsi14 is null or (>= 0 and <= 100));
            if (half == 1 && i >= 19)
            {
                // Half of the closes at each limit: the mean is 0, and two deviations are twice the limit.
                Assert.Equal((0m, 9_999_999_999.99999999m, -9_999_999_999.99999999m), (values.BbMiddle, values.BbUpper, values.BbLower));
            }
        }
    }

    [Fact]
    public void Extreme_prices_and_volumes_give_values_that_fit_the_columns()
    {
        var series = new IndicatorSeries(Timeframe.Minute1);
        for (var i = 0; i < 1500; i++)
        {
            var values = series.Next(i, i % 2 == 0 ? IncomingBar.PriceLimit - 1 : 1, IncomingBar.VolumeLimit - 1);
            Assert.All(Amounts(values), value => Assert.True(value is null || Math.Abs(value.Value) < 10_000_000_000m));
            Assert.True(values.Volume24h < 100_000_000_000_000_000_000m);
            Assert.True(values.BbLower is null || values.BbLower <= values.BbMiddle && values.BbMiddle <= values.BbUpper);
            Assert.True(values.Rsi14 is null or (>= 0 and <= 100));
            Assert.True(values.Ema12 is null or > 0 && values.Ema26 is null or > 0);
        }
    }

    [Fact]
    public void Rising_prices_have_an_rsi_of_100_and_falling_prices_of_0()
    {
        var (up, down) = (new IndicatorSeries(Timeframe.Day1), new IndicatorSeries(Timeframe.Day1));
        for (var i = 0; i < 450; i++)
        {
            var (rising, falling) = (up.Next(i, 1000 + i * 7, 0).Rsi14, down.Next(i, 100_000 - i * 7, 0).Rsi14);
            Assert.Equal<(decimal?, decimal?)>(i < 14 ? (null, null) : (100m, 0m), (rising, falling));
        }
    }

    [Fact]
    public void A_bar_out_of_order_is_refused()
    {
        var series = new IndicatorSeries(Timeframe.Day1);
        series.Next(5, 1, 1);
        Assert.Contains(
            "is not later than",
            Assert.Throws<ArgumentException>(() => series.Next(5, 1, 1)).Message,
            StringComparison.Ordinal
        );
    }

    private static long Hour(int i) => i * 3_600_000_000L;

    private static decimal?[] Amounts(IndicatorValues v) =>
        [v.Sma20, v.Sma50, v.Ema12, v.Ema26, v.Rsi14, v.Macd, v.MacdSignal, v.MacdHistogram, v.BbUpper, v.BbMiddle, v.BbLower];

    // A random walk by a linear congruential generator, which other programs can reproduce.
    private static long[] Closes()
    {
        var closes = new long[Bars];
        var (state, close) = (12_345L, 10_000_000_000L);
        for (var i = 0; i < Bars; i++)
        {
            state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
            close += state / 16 - 67_108_864;
            closes[i] = close < 1_000_000_000 ? close += 2_000_000_000 : close;
        }

        return closes;
    }
}
