using Wyckoff.Imports;
using Wyckoff.Imports.Guessing;

namespace Wyckoff.Tests.Imports.Guessing;

/// <summary>Symbol, timeframe, zone and content that the path of a file gives.</summary>
public sealed class FileNameTests
{
    private const string NewYork = "America/New_York";

    [Theory]
    [InlineData("spy.us.txt", "spy", null, null)]
    [InlineData("SPY_1m.csv", "SPY", "1m", null)]
    [InlineData("BTCUSDT-1h-2024-01.zip", "BTCUSDT", "1h", null)]
    [InlineData("NASDAQ_AAPL, 60.csv", "AAPL", "1h", null)]
    [InlineData("EURUSD_Candlestick_1_M_BID_01.01.2024-31.01.2024.csv", "EURUSD", "1m", null)]
    [InlineData("EURUSD_Candlestick_15_M_ASK_01.01.2024-31.01.2024.csv", "EURUSD", "15m", null)]
    [InlineData("EURUSD_Candlestick_1_Hour_BID_01.01.2024-31.01.2024.csv", "EURUSD", "1h", null)]
    [InlineData("EURUSD_Candlestick_1_D_BID_01.01.2024-31.01.2024.csv", "EURUSD", "1d", null)]
    [InlineData("EUR_USD_M15.csv", "EUR_USD", "15m", null)]
    [InlineData("BTC_USDT-4h.csv", "BTC_USDT", "4h", null)]
    [InlineData("SPY_QQQ_M15.csv", "SPY", "15m", null)]
    [InlineData("daily/spy.zip!spy.csv", "spy", "1d", null)]
    [InlineData("hour/spy.csv", "spy", "1h", null)]
    [InlineData("all.zip!hour/spy.csv", "spy", "1h", null)]
    [InlineData("minute/spy/20240102_trade.zip", "spy", "1m", null)]
    [InlineData("20240102_spy_minute_trade.csv", "spy", "1m", null)]
    [InlineData("equity/usa/minute/spy/20240102_trade.zip!20240102_spy_minute_trade.csv", "spy", "1m", NewYork)]
    [InlineData(@"C:\Lean\Data\equity\usa\hour\brk.b.zip!brk.b.csv", "brk.b", "1h", NewYork)]
    [InlineData("equity/usa/daily/spy.zip!spy.csv", "spy", "1d", NewYork)]
    [InlineData("equity/mars/daily/spy.zip!spy.csv", "spy", "1d", null)]
    [InlineData("crypto/binance/hour/btcusdt_trade.zip!btcusdt.csv", "btcusdt", "1h", "UTC")]
    [InlineData("cryptofuture/binance/daily/adausdt_trade.zip!adausdt_trade_perp.csv", "adausdt", "1d", "UTC")]
    [InlineData("cryptofuture/bybit/minute/btcusd/20221213_trade.zip!20221213_btcusd_minute_trade_perp.csv", "btcusd", "1m", "UTC")]
    [InlineData("future/cme/hour/es_trade.zip!es_trade_202003.csv", "es_202003", "1h", "UTC")]
    [InlineData("future/cme/minute/es/20131006_trade.zip!20131006_es_minute_trade_201312.csv", "es_201312", "1m", "UTC")]
    [InlineData("index/india/minute/nifty50/20190101_trade.zip!20190101_nifty_minute_trade.csv", "nifty", "1m", "Asia/Kolkata")]
    [InlineData("data/futures/um/monthly/klines/BTCUSDT_240329/1d/BTCUSDT_240329-1d-2024-01.csv", "BTCUSDT_240329", "1d", null)]
    public void A_path_gives_symbol_timeframe_and_zone(string path, string symbol, string? timeframe, string? zone)
    {
        var name = FileName.Of(path);
        Assert.Equal((symbol, timeframe, zone), (name.Symbol, name.Timeframe?.Name, name.Zone));
        Assert.Equal(FileContent.Bars, name.Content);
    }

    [Theory]
    [InlineData("20131004_quote.zip", FileContent.Quotes)]
    [InlineData("20131004_spy_minute_quote.csv", FileContent.Quotes)]
    [InlineData("crypto/coinbase/daily/btcusd_quote.zip!btcusd.csv", FileContent.Quotes)]
    [InlineData("future/cme/daily/es_quote.zip!es_quote_201312.csv", FileContent.Quotes)]
    [InlineData("forex/oanda/minute/eurusd/20140501_quote.zip!20140501_eurusd_minute_quote.csv", FileContent.Quotes)]
    [InlineData("20131007_spy_Trade_Tick.csv", FileContent.Ticks)]
    [InlineData("equity/usa/tick/spy/20131007_trade.zip", FileContent.Ticks)]
    [InlineData("tick/spy/20131007_trade.zip", FileContent.Ticks)]
    [InlineData("DAT_ASCII_EURUSD_T_202401.csv", FileContent.Ticks)]
    [InlineData("data/spot/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-01-02.zip", FileContent.Ticks)]
    [InlineData("20131004_spy_second_trade.csv", FileContent.Seconds)]
    [InlineData("second/spy/20131004_trade.zip", FileContent.Seconds)]
    [InlineData("future/cme/hour/es_openinterest.zip!es_openinterest_201312.csv", FileContent.OpenInterest)]
    [InlineData("option/usa/daily/aapl_2014_trade_american.zip!aapl_trade_american_call_20140606.csv", FileContent.Options)]
    [InlineData("20140606_aapl_minute_trade_american_call_6400000_20140606.csv", FileContent.Options)]
    [InlineData("data/futures/um/daily/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2024-01-02.zip", FileContent.ComputedPrices)]
    public void A_path_says_that_the_rows_are_no_bars(string path, object content)
    {
        var name = FileName.Of(path);
        Assert.Equal(content, name.Content);
        Assert.NotNull(FileContents.Refusal(name.Content, new()));
    }
}
