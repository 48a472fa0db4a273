using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Wyckoff.Imports;
using Wyckoff.Imports.Guessing;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports.Guessing;

/// <summary>What kind of instrument a symbol and the path of its file stand for.</summary>
public sealed class InstrumentGuessTests
{
    private const string NewYork = "America/New_York";

    private static readonly Config Seeded = Config
        .QuickThrowOnFailure.WithMaxTest(2_000)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_130), FSharpOption<int>.None)));

    [Theory]
    // Currencies, by symbol.
    [InlineData("EURUSD", "x.csv", "forex", "UTC")]
    [InlineData("EUR/USD", "x.csv", "forex", "UTC")]
    [InlineData("EUR-USD", "x.csv", "forex", "UTC")]
    [InlineData("EUR_USD", "EUR_USD_M15.csv", "forex", "UTC")]
    [InlineData("EURUSD=X", "EURUSD=X.csv", "forex", "UTC")]
    [InlineData("JPY=X", "x.csv", "forex", "UTC")]
    [InlineData("C:EURUSD", "x.csv", "forex", "UTC")]
    [InlineData("OANDA:USDTRY", "x.csv", "forex", "UTC")]
    [InlineData("EURUSD.PRO", "x.csv", "forex", "UTC")]
    [InlineData("USDCAD", "x.csv", "forex", "UTC")]
    [InlineData("EURUSD", "DAT_ASCII_EURUSD_M1_2024.csv", "forex", "UTC")]
    [InlineData("EURUSD", "EURUSD_Candlestick_1_M_BID_01.01.2024-31.01.2024.csv", "forex", "UTC")]
    [InlineData("XAUUSD", "XAUUSD_M15.csv", "commodity", "UTC")]
    [InlineData("XAG/EUR", "x.csv", "commodity", "UTC")]
    // Coins, by symbol.
    [InlineData("BTCUSDT", "BTCUSDT-1h-2024-01.csv", "crypto", "UTC")]
    [InlineData("1000PEPEUSDT", "x.csv", "crypto", "UTC")]
    [InlineData("BTC-USD", "x.csv", "crypto", "UTC")]
    [InlineData("ETH/BTC", "x.csv", "crypto", "UTC")]
    [InlineData("BTC_USDT", "x.csv", "crypto", "UTC")]
    [InlineData("XBTUSD", "XBTUSD_60.csv", "crypto", "UTC")]
    [InlineData("XXBTZEUR", "x.csv", "crypto", "UTC")]
    [InlineData("X:BTCUSD", "x.csv", "crypto", "UTC")]
    [InlineData("BTCFDUSD", "x.csv", "crypto", "UTC")]
    [InlineData("BTCUSD_PERP", "x.csv", "crypto", "UTC")]
    [InlineData("BTCUSDT_240329", "x.csv", "crypto", "UTC")]
    // Symbols that only look like one of them.
    [InlineData("SPY", "x.csv", "stock", NewYork)]
    [InlineData("BRK-B", "x.csv", "stock", NewYork)]
    [InlineData("BRK/B", "x.csv", "stock", NewYork)]
    [InlineData("BTC", "x.csv", "stock", NewYork)]
    [InlineData("USDT", "x.csv", "stock", NewYork)]
    [InlineData("EUR", "x.csv", "stock", NewYork)]
    [InlineData("USDUSD", "x.csv", "stock", NewYork)]
    [InlineData("THBPHP", "x.csv", "stock", NewYork)]
    [InlineData("EURABC", "x.csv", "stock", NewYork)]
    [InlineData("CADILA", "x.csv", "stock", NewYork)]
    [InlineData("WHEATUSD", "x.csv", "stock", NewYork)]
    [InlineData("NAS100/USD", "x.csv", "stock", NewYork)]
    [InlineData("ES_202003", "x.csv", "stock", NewYork)]
    [InlineData("7203.T", "x.csv", "stock", NewYork)]
    // The folders decide, whatever the symbol is.
    [InlineData("SPY", "Data/equity/usa/hour/spy.zip!spy.csv", "stock", NewYork)]
    [InlineData("EURUSD", "Data/equity/usa/daily/eurusd.zip!eurusd.csv", "stock", NewYork)]
    [InlineData("YESBANK", "equity/india/minute/yesbank/20190709_trade.zip!20190709_yesbank_minute_trade.csv", "stock", "Asia/Kolkata")]
    [InlineData("EURUSD", "forex/oanda/hour/eurusd.zip!eurusd.csv", "forex", "UTC")]
    [InlineData("EURUSD", "forex/fxcm/hour/eurusd.zip!eurusd.csv", "forex", "Etc/GMT+5")]
    [InlineData("WXYZUSD", "crypto/coinbase/daily/wxyzusd_trade.zip!wxyzusd.csv", "crypto", "UTC")]
    [InlineData("ADAUSDT", "cryptofuture/binance/hour/adausdt_trade.zip!adausdt_trade_perp.csv", "crypto", "UTC")]
    [InlineData("DE30EUR", "cfd/oanda/minute/de30eur/20190220_trade.zip!20190220_de30eur_minute_trade.csv", "cfd", "UTC")]
    [InlineData("XAUUSD", "cfd/oanda/hour/xauusd.zip!xauusd.csv", "commodity", "UTC")]
    [InlineData("GC_201311", "future/comex/hour/gc_trade.zip!gc_trade_201311.csv", "future", "UTC")]
    [InlineData("HSI", "index/hkfe/daily/hsi.zip!hsi.csv", "index", "Asia/Hong_Kong")]
    [InlineData("SPX", "index/usa/daily/spx.zip!spx.csv", "index", NewYork)]
    [InlineData("WXYZ", "data/spot/monthly/klines/WXYZ/1h/WXYZ-1h-2024-01.zip!WXYZ-1h-2024-01.csv", "crypto", "UTC")]
    [InlineData("WXYZ", @"D:\data\futures\um\daily\klines\WXYZ\1d\WXYZ-1d-2024-01-02.zip", "crypto", "UTC")]
    public void A_new_ticker_is_guessed_from_its_symbol_and_the_folders_of_its_file(string symbol, string file, string type, string zone)
    {
        var guess = InstrumentGuess.Of(Symbol.Parse(symbol), file, new());
        Assert.Equal((type, zone), (guess.AssetType, guess.Timezone));
        Assert.Equal(type != "stock" || zone != NewYork, guess.Reason is not null);
    }

    [Theory]
    [InlineData("EURUSD", "forex", null, "forex", "UTC")]
    [InlineData("EURUSD", "stock", null, "stock", NewYork)]
    [InlineData("EURUSD", null, "Europe/Athens", "forex", "Europe/Athens")]
    [InlineData("EURUSD", "pair", "Asia/Tokyo", "pair", "Asia/Tokyo")]
    [InlineData("SPY", "etf", "UTC", "etf", "UTC")]
    public void What_the_options_give_is_not_guessed(string symbol, string? givenType, string? givenZone, string type, string zone)
    {
        var options = new ImportOptions { AssetType = givenType, TickerTimeZone = givenZone };
        var guess = InstrumentGuess.Of(Symbol.Parse(symbol), "x.csv", options);
        Assert.Equal((type, zone), (guess.AssetType, guess.Timezone));
    }

    [Fact]
    public void A_short_symbol_is_never_taken_for_a_pair() =>
        Prop.ForAll(
                Gen.Choose(1, 5).SelectMany(length => Gen.ArrayOf(Gen.Choose('A', 'Z'), length)).ToArbitrary(),
                letters => CurrencyPair.TypeOf(string.Concat(letters.Select(letter => (char)letter))) is null
            )
            .Check(Seeded);

    [Fact]
    public void A_note_names_the_first_symbols_of_a_guess_and_the_options()
    {
        var guess = InstrumentGuess.Of(Symbol.Parse("EURUSD"), "x.csv", new());
        Assert.Equal(
            "EURUSD is taken for forex by the symbol; its days are those of UTC (see --asset-type, --ticker-timezone).",
            guess.Note([Symbol.Parse("EURUSD")])
        );
        Assert.StartsWith(
            "A, B, C and 2 more are taken for forex",
            guess.Note([.. "ABCDE".Select(letter => Symbol.Parse(letter.ToString()))]),
            StringComparison.Ordinal
        );
        Assert.Null(InstrumentGuess.Of(Symbol.Parse("SPY"), "x.csv", new()).Note([Symbol.Parse("SPY")]));
    }
}
