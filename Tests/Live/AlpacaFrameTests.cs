using System.Text;
using System.Text.Json;
using Wyckoff.Bars;
using Wyckoff.Live;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Live;

public sealed class AlpacaFrameTests
{
    private readonly AlpacaFrame _frame = new();

    [Fact]
    public void Amounts_of_bars_are_parsed_exactly_from_their_digits()
    {
        Read(
            """
            [{"T":"b","S":"SPY","o":388.985,"h":389.13,"l":388.975,"c":389.12,"v":49378,"n":461,"vw":389.062639,"t":"2021-02-22T19:15:00Z"},
             {"T":"u","S":"BTC/USD","o":0.00000001,"h":9999999999.99999999,"l":1e-8,"c":1.25E2,
              "v":12345678901234567890.12345678,"t":"2021-02-22T19:15:00.000000000Z"},
             {"n":2,"c":3,"l":1,"h":4,"o":2,"v":0,"vw":0,"S":"BRK.B","t":"2021-02-22T05:00:00Z","T":"d","x":{"deep":[1,2]}}]
            """
        );
        Assert.Empty(_frame.Faults);
        Assert.Equal(
            [
                new(
                    Symbol.Parse("SPY"),
                    LiveBarKind.Minute,
                    Bar("2021-02-22T19:15:00Z", 388.985m, 389.13m, 388.975m, 389.12m, 49378, 461, 389.062639m)
                ),
                new(
                    Symbol.Parse("BTC/USD"),
                    LiveBarKind.Update,
                    Bar(
                        "2021-02-22T19:15:00Z",
                        0.00000001m,
                        9999999999.99999999m,
                        0.00000001m,
                        125,
                        12345678901234567890.12345678m,
                        null,
                        null
                    )
                ),
                new(Symbol.Parse("BRK.B"), LiveBarKind.Day, Bar("2021-02-22T05:00:00Z", 2, 4, 1, 3, 0, 2, null)),
            ],
            _frame.Bars
        );
    }

    [Theory]
    [InlineData("389.0626391234", "389.06263912")]
    [InlineData("1.123456785", "1.12345679")]
    [InlineData("1.123456785000001", "1.12345679")]
    [InlineData("1.1234567849999", "1.12345678")]
    public void Only_the_vwap_is_rounded_half_away_from_zero(string given, string expected)
    {
        Read($$"""[{"T":"b","S":"SPY","o":1,"h":1,"l":1,"c":1,"v":1,"vw":{{given}},"t":"2021-02-22T19:15:00Z"}]""");
        Assert.Equal(expected, IncomingBar.Text(Assert.Single(_frame.Bars).Bar.Vwap));
        Read($$"""[{"T":"b","S":"SPY","o":1,"h":999999,"l":1,"c":{{given}},"v":1,"t":"2021-02-22T19:15:00Z"}]""");
        Assert.Contains("close " + given, Assert.Single(_frame.Faults), StringComparison.Ordinal);
        Assert.Empty(_frame.Bars);
    }

    [Theory]
    [InlineData(""" "o":1,"h":2,"l":1,"c":1,"v":1 """, "timestamp is missing")]
    [InlineData(""" "h":2,"l":1,"c":1,"v":1,"t":"2021-02-22T19:15:00Z" """, "open is missing")]
    [InlineData(""" "o":"1","h":2,"l":1,"c":1,"v":1,"t":"2021-02-22T19:15:00Z" """, "open is missing")]
    [InlineData(""" "o":1,"h":2,"l":3,"c":1,"v":1,"t":"2021-02-22T19:15:00Z" """, "high 2 is below low 3")]
    [InlineData(""" "o":1,"h":2,"l":0,"c":1,"v":1,"t":"2021-02-22T19:15:00Z" """, "low 0: more than 0 was expected")]
    [InlineData(""" "o":1,"h":2,"l":1,"c":1,"v":-1,"t":"2021-02-22T19:15:00Z" """, "volume -1")]
    [InlineData(""" "o":1,"h":1e30,"l":1,"c":1,"v":1,"t":"2021-02-22T19:15:00Z" """, "high 1e30")]
    public void An_invalid_bar_is_rejected_with_the_reason_and_the_others_are_read(string fields, string reason)
    {
        Read($$"""[{"T":"b","S":"SPY",{{fields}}},{"T":"b","S":"QQQ","o":1,"h":1,"l":1,"c":1,"v":1,"t":"2021-02-22T19:15:00Z"}]""");
        Assert.Contains(reason, Assert.Single(_frame.Faults), StringComparison.Ordinal);
        Assert.Equal("QQQ", Assert.Single(_frame.Bars).Symbol.Value);
    }

    [Fact]
    public void Negative_prices_are_read_where_the_ticker_allows_them()
    {
        var frame = new AlpacaFrame(symbol => symbol.Value == "CL");
        frame.Read(
            """
            [{"T":"b","S":"CL","o":-14,"h":0,"l":-40.32,"c":-37.63,"v":1,"vw":-30.1234567850001,"t":"2020-04-20T18:29:00Z"},
             {"T":"b","S":"SPY","o":1,"h":2,"l":-1,"c":1,"v":1,"t":"2020-04-20T18:29:00Z"},
             {"T":"b","S":"CL","o":1,"h":0,"l":-1,"c":1,"v":1,"t":"2020-04-20T18:30:00Z"},
             {"T":"t","S":"CL","p":-37.63,"s":1,"t":"2020-04-20T18:29:00Z"},
             {"T":"t","S":"CL","p":-1e10,"s":1,"t":"2020-04-20T18:29:00Z"},
             {"T":"t","S":"SPY","p":0,"s":1,"t":"2020-04-20T18:29:00Z"}]
            """u8
        );
        var bar = Assert.Single(frame.Bars).Bar;
        Assert.Equal(
            ["-14", "0", "-40.32", "-37.63", "-30.12345679"],
            new[] { bar.Open, bar.High, bar.Low, bar.Close, bar.Vwap }.Select(amount => IncomingBar.Text(amount))
        );
        Assert.Equal(-3_763_000_000, Assert.Single(frame.Trades).Price);
        Assert.Equal(
            [
                "bar of SPY at 2020-04-20T18:29:00: low -1: more than 0 was expected, because the ticker does not allow negative prices",
                "bar of CL at 2020-04-20T18:30:00: high 0 is below open 1",
                "trade of CL: price -10000000000: more than -10000000000 and less than 10000000000 was expected",
                "trade of SPY: price 0: more than 0 was expected, because the ticker does not allow negative prices",
            ],
            frame.Faults
        );
    }

    [Fact]
    public void The_conditions_and_the_tape_of_a_trade_decide_what_it_contributes_to()
    {
        Read(
            """
            [{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208123456Z","c":["@","I"],"z":"C"},
             {"T":"t","i":1,"S":"AAPL","x":"D","p":126.5,"s":100,"t":"2021-02-22T15:51:44Z","c":["@"],"z":"C"},
             {"T":"t","i":2,"S":"AAPL","x":"D","p":126.5,"s":100,"t":"2021-02-22T15:51:44Z","c":[" ","B"],"z":"A"},
             {"T":"t","i":3,"S":"AAPL","x":"D","p":126.5,"s":100,"t":"2021-02-22T15:51:44Z","c":["@","B"],"z":"C"},
             {"T":"t","i":4,"S":"AAPL","x":"D","p":126.5,"s":0.5,"t":"2021-02-22T15:51:44Z","c":["@","T","Z"],"z":"C"},
             {"T":"t","i":5,"S":"AAPL","x":"D","p":126.5,"s":100,"t":"2021-02-22T15:51:44Z","c":["@","M"],"z":"C"},
             {"T":"x","i":465,"S":"AAPL","x":"D","p":105.31,"s":300,"a":"C","z":"C","t":"2023-04-06T13:15:42.83540958Z"},
             {"T":"c","S":"EEM","x":"M","oi":52983525033527,"op":39.1582,"os":440000,"oc":[" ","7"],"ci":52983525034326,
              "cp":39.1809,"cs":440000,"cc":[" ","7"],"z":"B","t":"2023-04-06T14:25:06.542305024Z"},
             {"T":"t","S":"AAPL","p":-1,"s":1,"t":"2021-02-22T15:51:44Z"},
             {"T":"t","S":"AAPL","p":1,"s":-1,"t":"2021-02-22T15:51:44Z"},
             {"T":"t","S":"AAPL","s":1,"t":"2021-02-22T15:51:44Z"},
             {"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"Q","ap":87.68,"as":4,
              "t":"2021-02-22T15:51:45.335689322Z","c":["R"],"z":"C"}]
            """
        );
        Assert.Equal(
            [
                TradeUse.Volume,
                TradeUse.All,
                TradeUse.Volume,
                TradeUse.All,
                TradeUse.HighLow | TradeUse.Volume,
                TradeUse.None,
                TradeUse.None,
                TradeUse.None,
            ],
            _frame.Trades.Select(trade => trade.Use)
        );
        Assert.Equal([false, false, false, false, false, false, true, true], _frame.Trades.Select(trade => trade.IsCorrection));
        Assert.Equal(
            (12_655_000_000, (Int128)100_000_000, DateTimeOffset.Parse("2021-02-22T15:51:44.2081234Z", null).UtcTicks),
            (_frame.Trades[0].Price, _frame.Trades[0].Size, _frame.Trades[0].Ticks)
        );
        Assert.Equal(50_000_000, _frame.Trades[4].Size);
        Assert.Equal(
            ["trade of AAPL: price -1", "trade of AAPL: size -1", "trade of AAPL: price is missing"],
            _frame.Faults.Select(fault => fault.Split(": more")[0].Split(": at least")[0])
        );
    }

    [Fact]
    public void Control_messages_are_distinguished_from_data()
    {
        Read("""[{"T":"error","code":406,"msg":"connection limit exceeded"}]""");
        Assert.Equal(new AlpacaControl(AlpacaControlKind.Error, 406, "connection limit exceeded", null), Assert.Single(_frame.Controls));
        Read("""[{"T":"success","msg":"authenticated"},{"T":"s","S":"AAPL","sc":"H"},{"T":"S"},{"T":"e"}]""");
        Assert.Equal(new AlpacaControl(AlpacaControlKind.Success, 0, "authenticated", null), Assert.Single(_frame.Controls));
        Read("""[{"T":"subscription","trades":["AAPL"],"quotes":[],"bars":["SPY","QQQ"],"updatedBars":["SPY"],"dailyBars":null}]""");
        var subscription = Assert.Single(_frame.Controls).Subscription!;
        Assert.True(subscription.Has(Subscription("SPY")));
        Assert.False(subscription.Has(Subscription("QQQ")));
        Assert.True(subscription.Has(Subscription("AAPL") with { FromTrades = true }));
    }

    [Theory]
    [InlineData("""{"T":"success"}""")]
    [InlineData("""[1,2]""")]
    [InlineData("""[{"T":"b","S":"SP""")]
    [InlineData("""[{"T":"b"}""")]
    [InlineData("")]
    public void A_message_that_is_not_an_array_of_objects_throws(string message) => Assert.ThrowsAny<JsonException>(() => Read(message));

    private static LiveSubscription Subscription(string symbol) =>
        new(new(1, Symbol.Parse(symbol), TimeZoneInfo.Utc), Timeframe.Minute1, default);

    private static IncomingBar Bar(
        string time,
        decimal open,
        decimal high,
        decimal low,
        decimal close,
        decimal volume,
        int? trades,
        decimal? vwap
    )
    {
        Assert.Null(IncomingBar.TryCreate(DateTimeOffset.Parse(time, null), open, high, low, close, volume, trades, vwap, out var bar));
        return bar;
    }

    private void Read(string message) => _frame.Read(Encoding.UTF8.GetBytes(message));
}
