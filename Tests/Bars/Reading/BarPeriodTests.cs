using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars.Reading;

public sealed class BarPeriodTests
{
    private static readonly Config Seeded = Config.QuickThrowOnFailure.WithReplay(
        FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_121), FSharpOption<int>.None))
    );

    private static readonly string[] Names =
    [
        "1m",
        "2m",
        "3m",
        "7m",
        "10m",
        "15m",
        "45m",
        "1h",
        "2h",
        "3h",
        "4h",
        "6h",
        "12h",
        "24h",
        "1d",
        "2d",
        "5d",
        "1w",
        "2w",
        "1mo",
        "2mo",
        "1q",
        "2q",
        "1y",
        "5y",
        "10Min",
        "1Week",
        "1Month",
    ];

    [Fact]
    public void Every_instant_is_in_one_bar_and_bars_follow_one_another()
    {
        var cases =
            from name in Gen.Elements(Names)
            from day in Gen.Choose(-25_500, 80_000)
            from second in Gen.Choose(0, 86_399)
            select (name, time: (day * 86_400L + second) * 1_000_000);
        Prop.ForAll(
                cases.ToArbitrary(),
                given =>
                {
                    Assert.True(BarPeriod.TryParse(given.name, out var period));
                    var bucket = period.Bucket(given.time);
                    Assert.True(bucket <= given.time && given.time < period.Next(bucket));
                    Assert.Equal(bucket, period.Bucket(bucket));
                    Assert.Equal(period.Next(bucket), period.Bucket(period.Next(bucket)));
                    Assert.Equal(bucket, period.Bucket(period.Next(bucket) - 1));
                    Assert.Equal(bucket, period.Before(period.Next(period.Next(bucket)), 2));
                    Assert.True(BarPeriod.TryParse(period.Name, out var again));
                    Assert.Equal(period.Name, again.Name);
                    // The bars that it is resampled from never exceed its end.
                    Assert.True(
                        period.Source.Microseconds * period.Parts <= period.Next(bucket) - bucket
                            || period.Name.EndsWith("mo", StringComparison.Ordinal)
                            || period.Name.EndsWith('q')
                            || period.Name.EndsWith('y')
                    );
                }
            )
            .Check(Seeded);
    }

    [Theory]
    [InlineData("3m", "1m", "2024-06-03T13:31:00Z", "2024-06-03T13:30:00Z")]
    [InlineData("10m", "5m", "2024-06-03T13:39:59Z", "2024-06-03T13:30:00Z")]
    [InlineData("45m", "15m", "2024-06-03T01:00:00Z", "2024-06-03T00:45:00Z")]
    [InlineData("2h", "1h", "2024-06-03T13:30:00Z", "2024-06-03T12:00:00Z")]
    [InlineData("12h", "4h", "2024-06-03T13:30:00Z", "2024-06-03T12:00:00Z")]
    [InlineData("1w", "1d", "2024-06-02T00:00:00Z", "2024-05-27T00:00:00Z")]
    [InlineData("1w", "1d", "2024-06-03T00:00:00Z", "2024-06-03T00:00:00Z")]
    [InlineData("1mo", "1d", "2024-02-29T00:00:00Z", "2024-02-01T00:00:00Z")]
    [InlineData("1q", "1d", "2024-06-30T00:00:00Z", "2024-04-01T00:00:00Z")]
    [InlineData("1y", "1d", "1969-06-30T00:00:00Z", "1969-01-01T00:00:00Z")]
    [InlineData("60m", "1h", "2024-06-03T13:30:00Z", "2024-06-03T13:00:00Z")]
    public void A_bar_is_resampled_from_the_coarsest_stored_timeframe_and_has_its_first_instant_as_timestamp(
        string name,
        string source,
        string time,
        string bucket
    )
    {
        Assert.True(BarPeriod.TryParse(name, out var period));
        Assert.Equal(source, period.Source.Name);
        Assert.Equal(
            DateTimeOffset.Parse(bucket, System.Globalization.CultureInfo.InvariantCulture),
            IncomingBar.InstantOf(
                period.Bucket(IncomingBar.TimeOf(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture)))
            )
        );
    }

    [Fact]
    public void A_multiple_that_equals_a_stored_timeframe_is_that_timeframe()
    {
        foreach (
            var (name, stored) in new[]
            {
                ("5m", Timeframe.Minute5),
                ("60m", Timeframe.Hour1),
                ("240m", Timeframe.Hour4),
                ("1Day", Timeframe.Day1),
                ("30Min", Timeframe.Minute30),
            }
        )
        {
            Assert.True(BarPeriod.TryParse(name, out var period));
            Assert.True(period.IsStored);
            Assert.Equal(stored, period.Source);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("0m")]
    [InlineData("01m")]
    [InlineData("-1m")]
    [InlineData("1.5h")]
    [InlineData("1441m")]
    [InlineData("25h")]
    [InlineData("1M")]
    [InlineData("1 d")]
    [InlineData("99999d")]
    [InlineData("1s")]
    [InlineData("１d")]
    public void An_invalid_period_is_refused(string text) => Assert.False(BarPeriod.TryParse(text, out _));
}
