using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports.Guessing;

/// <summary>Files that could be misread are refused, or have a note, and the text says what to do.</summary>
public sealed class DoubtfulFileTests
{
    private const string Row = "2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n";
    private const string Named = "timestamp,open,high,low,close,volume\n" + Row;
    private const string LeanRows = "34200000,1825700,1830900,1825700,1830900,200\n34260000,1830900,1831000,1830900,1830900,300\n";
    private const string LeanQuotes =
        "14400000,1825700,1830900,1825700,1830900,200,1865100,1865100,1859400,1859400,200\n"
        + "15120000,1830900,1830900,1830900,1830900,200,1859400,1940000,1859400,1859400,200\n";
    private const string HourlyQuotes =
        "20070330 00:00,1.33141,1.33231,1.33131,1.33201,0,1.33149,1.33239,1.33139,1.33199,0\n"
        + "20070330 01:00,1.33191,1.33211,1.32991,1.33041,0,,,,,0\n";

    private static readonly ImportOptions None = new();

    [Theory]
    [InlineData("20131004_quote.csv", LeanQuotes)]
    [InlineData("equity/usa/minute/spy/20131004_quote.zip!20131004_spy_minute_quote.csv", LeanQuotes)]
    // By shape: neither the name nor a header says it.
    [InlineData("EURUSD_1h.csv", HourlyQuotes)]
    [InlineData("SPY_1m.csv", LeanQuotes)]
    [InlineData("EURUSD_1d.csv", "2007-03-30,1.33,1.34,1.32,1.33,1.34,1.35,1.33,1.34\n")]
    [InlineData("EURUSD_1m.csv", "2007.03.30,09:30,1.33,1.34,1.32,1.33,1.34,1.35,1.33,1.34\n")]
    // By column names.
    [InlineData(
        "EURUSD_1h.csv",
        "Date,BidOpen,BidHigh,BidLow,BidClose,AskOpen,AskHigh,AskLow,AskClose,Volume\n2024-01-02,1,2,1,2,1,2,1,2,9\n"
    )]
    [InlineData(
        "EURUSD_1h.csv",
        "time,open_bid,high_bid,low_bid,close_bid,open_ask,high_ask,low_ask,close_ask\n2024-01-02,1,2,1,2,1,2,1,2\n"
    )]
    [InlineData("EURUSD_1m.csv", "Gmt time,Ask,Bid,AskVolume,BidVolume\n02.01.2024 00:00:00.123,1.1,1.2,1,1\n")]
    [InlineData("EURUSD_1m.csv", "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\n2024.01.02\t00:00:00.100\t1.1\t1.2\t\t\n")]
    public async Task A_quote_file_is_refused_by_name_columns_or_shape(string name, string text)
    {
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() => ImportedText.OfAsync(text, None, name));
        Assert.StartsWith(
            "This is a quote file (bid and ask prices): bars of trades are expected.",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("--map", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EURUSD_1h.csv", "time=1,open=2,high=3,low=4,close=5,volume=none", HourlyQuotes)]
    [InlineData("forex/oanda/hour/eurusd.zip!eurusd.csv", "time=1,open=2,high=3,low=4,close=5,volume=none", HourlyQuotes)]
    [InlineData(
        "EURUSD_1h.csv",
        "open=BidOpen,high=BidHigh,low=BidLow,close=BidClose",
        "Date,BidOpen,BidHigh,BidLow,BidClose,AskOpen,AskHigh,AskLow,AskClose\n"
            + "2007-03-30 00:00,1.33141,1.33231,1.33131,1.33201,1.33149,1.33239,1.33139,1.33199\n"
            + "2007-03-30 01:00,1.33191,1.33211,1.32991,1.33041,1.33149,1.33239,1.33139,1.33199\n"
    )]
    public async Task The_bid_prices_of_a_quote_file_are_imported_if_they_are_assigned(string name, string map, string text)
    {
        Assert.True(ColumnMap.TryParse(map, out var columns, out _));
        var imported = await ImportedText.OfAsync(text, None with { Columns = columns }, name);
        Assert.Empty(imported.Rejects);
        Assert.Equal(
            ["2007-03-30T00:00:00Z 1.33141 1.33231 1.33131 1.33201 0", "2007-03-30T01:00:00Z 1.33191 1.33211 1.32991 1.33041 0"],
            imported.Bars.Select(row => ImportedText.Line(row.Bar))
        );
        Assert.All(imported.Bars, row => Assert.Equal("EURUSD 1h", row.Series));
    }

    [Theory]
    // A file of trades may have the last bid and ask, too.
    [InlineData("date,open,high,low,close,volume,bid,ask\n2024-01-02T14:30:00Z,1,2,0.5,1.5,10,1.4,1.6\n")]
    // Binance has eleven or twelve columns.
    [InlineData("1704205800000,1,2,0.5,1.5,10,1704205859999,15,120,5,7,0\n")]
    [InlineData("1704205800000,1,2,0.5,1.5,10,1704205859999,15,120,5,7\n")]
    [InlineData("2024-01-02T14:30:00Z,1,2,0.5,1.5,10,1,3,2,5,7\n")]
    public async Task A_file_of_trades_with_many_columns_is_imported(string text)
    {
        var imported = await ImportedText.OfAsync(text);
        Assert.Equal("2024-01-02T14:30:00Z 1 2 0.5 1.5 10", ImportedText.Line(Assert.Single(imported.Bars).Bar).Split(" n=")[0]);
    }

    [Theory]
    [InlineData("20131007_spy_Trade_Tick.csv", "14400464,1674100,100,P,20002000,0\n", "This is a file of ticks")]
    [InlineData("second/spy/20131004_trade.csv", LeanRows, "These are bars of one second")]
    [InlineData("20131006_es_minute_openinterest_201312.csv", "72360000,2691941\n", "This is a file of open interest")]
    public async Task Files_of_other_data_are_refused_by_name(string name, string text, string reason)
    {
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() => ImportedText.OfAsync(text, None, name));
        Assert.StartsWith(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Numbers_of_rows_are_not_taken_for_times()
    {
        const string text = "0,1,2,0.5,1.5,10\n60,1,2,0.5,1.5,10\n";
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() => ImportedText.OfAsync(text));
        Assert.StartsWith("The first column holds '0': as seconds since 1970, all times", refused.Message, StringComparison.Ordinal);
        Assert.True(TimePattern.TryParse("s", out var seconds, out _));
        Assert.Equal(2, (await ImportedText.OfAsync(text, ImportedText.Spy with { DateFormat = seconds })).Bars.Count);
    }

    [Theory]
    [InlineData("20131004_1m.csv")]
    [InlineData("2013-10-04_1m.csv")]
    [InlineData("201310_1m.csv")]
    [InlineData("2013.csv")]
    [InlineData("7203_1m.csv")]
    [InlineData("BTC/1h.csv")]
    public async Task A_date_or_a_number_in_a_file_name_is_no_symbol_unless_it_is_given(string name)
    {
        var options = None with { Timeframe = Timeframe.Minute1 };
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() => ImportedText.OfAsync(Named, options, name));
        Assert.Contains("of the file's name is a date, a number or a timeframe. Set --symbol", refused.Message, StringComparison.Ordinal);

        var given = await ImportedText.OfAsync(Named, options with { Symbol = Symbol.Parse("7203") }, name);
        Assert.Equal("7203 1m", Assert.Single(given.Bars).Series);
        var column = await ImportedText.OfAsync(Named.Replace("volume\n", "volume,symbol\n").Replace(",10\n", ",10,7203\n"), options, name);
        Assert.Equal("7203 1m", Assert.Single(column.Bars).Series);
    }

    [Fact]
    public async Task Times_of_a_file_of_one_day_are_of_that_day()
    {
        const string rows = "20240116 09:30,471.5,471.75,471.25,471.6,100\n20240117 09:30,471.5,471.75,471.25,471.6,100\n";
        var imported = await ImportedText.OfAsync(rows, None, "minute/spy/20240116_trade.csv");
        Assert.Single(imported.Bars);
        Assert.Equal("time 2024-01-17 09:30:00 is not on 2024-01-16, the day in the file's name", Assert.Single(imported.Rejects).Reason);
    }

    [Fact]
    public async Task Bars_of_the_eighteenth_century_are_imported()
    {
        var options = ImportedText.Spy with { Timeframe = Timeframe.Day1 };
        foreach (var day in (string[])["17920515", "1792-05-15"])
        {
            var imported = await ImportedText.OfAsync($"{day},1,2,0.5,1.5,0\n", options);
            Assert.Equal("1792-05-15T00:00:00Z 1 2 0.5 1.5 0", ImportedText.Line(Assert.Single(imported.Bars).Bar));
        }
    }

    [Theory]
    [InlineData("equity/usa/minute/spy/20240116_trade.csv", LeanRows, "2024-01-16T14:30:00Z", true)]
    [InlineData("equity/usa/minute/spy/20240716_trade.csv", LeanRows, "2024-07-16T13:30:00Z", true)]
    [InlineData("20240116_spy_minute_trade.csv", LeanRows, "2024-01-16T09:30:00Z", true)]
    [InlineData("equity/usa/hour/spy.zip!spy.csv", "19980102 09:00,973100,975300,970300,970300,384500\n", "1998-01-02T14:00:00Z", true)]
    [InlineData("equity/usa/daily/spy.zip!spy.csv", "19980102 00:00,973100,975300,965300,973600,21500\n", "1998-01-02T00:00:00Z", true)]
    [InlineData("SPY_1h.csv", "19980102 09:00,973100,975300,970300,970300,384500\n", "1998-01-02T09:00:00Z", true)]
    [InlineData("SPY_1h.csv", "19980102 09:00,97,98,96,97,384500\n", "1998-01-02T09:00:00Z", false)]
    [InlineData("crypto/x/hour/btcusd.zip!btcusd.csv", "20180501 00:00,9246,9248,8934,8955,5263\n", "2018-05-01T00:00:00Z", false)]
    [InlineData("index/hkfe/hour/hsi.zip!hsi.csv", "20130930 09:00,22946,22986,22899,22914,0\n", "2013-09-30T01:00:00Z", false)]
    public async Task LEAN_files_are_read_in_their_zone_and_whole_prices_get_a_note(string name, string text, string first, bool warns)
    {
        var imported = await ImportedText.OfAsync(text, None, name);
        Assert.Empty(imported.Rejects);
        Assert.StartsWith(first, ImportedText.Line(imported.Bars[0].Bar), StringComparison.Ordinal);
        Assert.Equal(warns, imported.Notes.Any(note => note.Contains("--price-scale 10000", StringComparison.Ordinal)));

        var utc = await ImportedText.OfAsync(text, None with { TimeZone = TimeZoneInfo.Utc, PriceScale = 10_000 }, name);
        Assert.Equal(0, utc.Bars[0].Bar.Time % (utc.Bars[0].Series.EndsWith("1d", StringComparison.Ordinal) ? 86_400_000_000 : 60_000_000));
        Assert.DoesNotContain(utc.Notes, note => note.Contains("--price-scale", StringComparison.Ordinal));
    }
}
