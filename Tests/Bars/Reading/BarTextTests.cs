using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars.Reading;

public sealed class BarTextTests
{
    private static readonly Config Seeded = Config.QuickThrowOnFailure.WithReplay(
        FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_121), FSharpOption<int>.None))
    );

    [Fact]
    public void An_amount_is_written_exactly_and_without_trailing_zeros()
    {
        var amounts =
            from digits in Gen.Choose(0, 18)
            from high in Gen.Choose(0, int.MaxValue)
            from low in Gen.Choose(0, int.MaxValue)
            from sign in Gen.Elements(1, -1)
            select sign * ((long)high << 31 | (uint)low) % (long)Math.Pow(10, digits);
        Prop.ForAll(
                amounts.ToArbitrary(),
                amount =>
                {
                    var to = new byte[64];
                    var written = Encoding.ASCII.GetString(
                        to,
                        0,
                        BarText.Json(BarFields.Close, false, false).Value(to, BarFields.Close, new() { Close = amount })
                    );
                    Assert.Equal((amount / 100_000_000m).ToString("0.########", CultureInfo.InvariantCulture), written);
                }
            )
            .Check(Seeded);
    }

    [Fact]
    public void A_volume_wider_than_64_bits_is_written_exactly()
    {
        var to = new byte[64];
        var volume = (Int128)12_345_678_901_234_567_890 * IncomingBar.One + 5;
        Assert.Equal(
            "12345678901234567890.00000005",
            Encoding.ASCII.GetString(
                to,
                0,
                BarText.Csv("SPY", Timeframe.Minute1, BarFields.Volume, false).Value(to, BarFields.Volume, new() { Volume = volume })
            )
        );
    }

    [Theory]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("UTC")]
    public void A_time_is_written_as_local_time_of_its_zone(string name)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        Prop.ForAll(
                Gen.Choose(0, 2_000_000_000).ToArbitrary(),
                seconds =>
                {
                    var instant = DateTimeOffset.FromUnixTimeSeconds(seconds);
                    var to = new byte[64];
                    var written = Encoding.ASCII.GetString(
                        to,
                        0,
                        BarText.Json(BarFields.None, false, false, zone).Timestamp(to, seconds * 1_000_000L)
                    );
                    Assert.Equal(
                        name == "UTC"
                            ? instant.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture)
                            : TimeZoneInfo.ConvertTime(instant, zone).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture),
                        written
                    );
                }
            )
            .Check(Seeded);
    }

    [Fact]
    public void A_session_date_is_the_same_date_in_every_zone()
    {
        var to = new byte[64];
        var time = IncomingBar.TimeOf(new(2024, 7, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(
            "2024-07-01T00:00:00-04:00",
            Encoding.ASCII.GetString(
                to,
                0,
                BarText.Json(BarFields.None, false, true, TimeZoneInfo.FindSystemTimeZoneById("America/New_York")).Timestamp(to, time)
            )
        );
        Assert.Equal(
            "2024-07-01T00:00:00+09:00",
            Encoding.ASCII.GetString(
                to,
                0,
                BarText.Json(BarFields.None, false, true, TimeZoneInfo.FindSystemTimeZoneById("Asia/Tokyo")).Timestamp(to, time)
            )
        );
    }

    [Fact]
    public void A_source_with_quotes_breaks_neither_JSON_nor_CSV()
    {
        var row = new BarRow { Source = Encoding.UTF8.GetBytes("a\"b,\\\né") };
        var to = new byte[256];
        Assert.Equal(
            "a\"b,\\\né",
            System.Text.Json.JsonSerializer.Deserialize<string>(
                to.AsSpan(0, BarText.Json(BarFields.Source, false, false).Value(to, BarFields.Source, row))
            )
        );
        Assert.Equal(
            "\"a\"\"b,\\\né\"",
            Encoding.UTF8.GetString(to, 0, BarText.Csv("SPY", Timeframe.Minute1, BarFields.Source, false).Value(to, BarFields.Source, row))
        );
    }
}
