using Wyckoff.Imports;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports;

/// <summary>Headers that do not name every column are read so that no value is shifted, or refused with what to do.</summary>
public sealed class HeaderTests
{
    private const string Row = "2024-01-02,1,2,0.5,1.5,10\n";
    private const string Bar = "2024-01-02T00:00:00Z 1 2 0.5 1.5 10";

    private static readonly ImportOptions Days = ImportedText.Spy with { Timeframe = Timeframe.Day1 };

    [Theory]
    [InlineData(",Open,High,Low,Close,Volume\n" + Row)]
    [InlineData("Unnamed: 0,Open,High,Low,Close,Volume\n" + Row)]
    [InlineData("index,Open,High,Low,Close,Volume\n" + Row)]
    [InlineData("Open,High,Low,Close,Volume\n" + Row)] // the row names of R
    [InlineData("\"Date\",\"Open\",\"High\",\"Low\",\"Close\",\"Volume\"\n\"1\",2024-01-02,1,2,0.5,1.5,10\n")]
    [InlineData(",Date,Open,High,Low,Close,Volume\n0," + Row)]
    [InlineData("Date,Open,High,Low,Close,Volume\n2024-01-01," + Row)]
    [InlineData("Unnamed: 0,Unnamed: 0.1,Open,High,Low,Close,Volume\n7," + Row)]
    [InlineData("index,timestamp,Open,High,Low,Close,Volume\n20240101," + Row)]
    [InlineData("Date,Open,High,Low,Close,Volume\n2024-01-02,1,2,0.5,1.5,10,x\n")]
    [InlineData("Date,Open,High,Low,Close,Volume\n2024-01-02,1,2,0.5,1.5,10,\n")]
    [InlineData("Date,Open,High,Low,Close,Volume,\n" + Row)]
    [InlineData("Date,Open,High,Low,Close,Volume,OpenInterest\n" + Row)]
    [InlineData("Date,Open,High,Low,Close,Volume,OpenInterest\n2024-01-02,1,2,0.5,1.5,10,0,7.7\n")]
    [InlineData("Date;Open;High;Low;Close;Volume\n1;2024-01-02;1,00;2,00;0,50;1,50;10\n")]
    [InlineData("\"Date\"\t\"Open\"\t\"High\"\t\"Low\"\t\"Close\"\t\"Volume\"\n\"a\"\t2024-01-02\t1\t2\t0.5\t1.5\t10\n")]
    public async Task The_time_is_found_by_content(string text)
    {
        var imported = await ImportedText.OfAsync(text, Days);
        Assert.Empty(imported.Rejects);
        Assert.Equal([Bar], imported.Bars.Select(row => ImportedText.Line(row.Bar)));
    }

    [Theory]
    // As yfinance gives one symbol; its groups may be the other way round, and the index may have no name.
    [InlineData("Price,Close,High,Low,Open,Volume\nTicker,MSFT,MSFT,MSFT,MSFT,MSFT\nDate,,,,,\n2024-01-02,1.5,2,0.5,1,10\n")]
    [InlineData("Ticker,MSFT,MSFT,MSFT,MSFT,MSFT\nPrice,Open,High,Low,Close,Volume\nDate,,,,,\n" + Row)]
    [InlineData("Price,Open,High,Low,Close,Volume\nTicker,MSFT,MSFT,MSFT,MSFT,MSFT\n" + Row)]
    [InlineData(",Open,High,Low,Close,Volume\n,MSFT,MSFT,MSFT,MSFT,MSFT\nDate,,,,,\n" + Row)]
    [InlineData(
        "Price,Open,High,Low,Close,Volume\nTicker,MSFT,MSFT,MSFT,MSFT,MSFT\nDatetime,,,,,\n2024-01-02 00:00:00+00:00,1,2,0.5,1.5,10\n"
    )]
    public async Task Two_rows_of_names_are_one_header_and_give_the_symbol(string text)
    {
        var imported = await ImportedText.OfAsync(text, new() { Timeframe = Timeframe.Day1 }, "download.csv");
        Assert.Empty(imported.Rejects);
        Assert.Equal([("MSFT 1d", Bar)], imported.Bars.Select(row => (row.Series, ImportedText.Line(row.Bar))));
        // An option comes before the header, as before a column.
        Assert.Equal("SPY 1d", Assert.Single((await ImportedText.OfAsync(text, Days)).Bars).Series);
    }

    [Fact]
    public async Task An_unnamed_index_of_symbol_and_time_gives_both()
    {
        var imported = await ImportedText.OfAsync(
            ",,open,high,low,close\nMSFT,2024-01-02,1,2,0.5,1.5\nBRK-B,2024-01-02,1,2,0.5,1.5\n",
            new() { Timeframe = Timeframe.Day1 }
        );
        Assert.Empty(imported.Rejects);
        Assert.Equal(["MSFT 1d", "BRK-B 1d"], imported.Bars.Select(row => row.Series));
        Assert.Contains("Column 2 has no name of its own and is the time.", imported.Notes);
        Assert.Contains("Column 1 has no name of its own and is the symbol.", imported.Notes);
    }

    [Theory]
    [InlineData(
        "Price,Close,Close,High,High,Low,Low,Open,Open\nTicker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT\nDate,,,,,,,,\n"
            + "2024-01-02,1,1,1,1,1,1,1,1\n",
        "The file has a column for each field of each symbol (AAPL, MSFT, …)"
    )]
    // Row numbers are no times, and there is no other column of times.
    [InlineData(",Open,High,Low,Close,Volume\n0,1,2,0.5,1.5,10\n1,1,2,0.5,1.5,10\n", "There is no column for time (")]
    [InlineData(
        "Open,High,Low,Close,Volume\n0,1,2,0.5,1.5,10\n",
        "The header has 5 columns and the rows have 6: under these names, neither"
    )]
    [InlineData(
        "Date,Open,High,Low,Close,Volume\n2024-01-02,470,471,468,469,1,234\n",
        "The header has 6 columns and the rows have 7: columns have"
    )]
    [InlineData(
        "Date,Open,High,Low,Close\n2024-01-02,4,470.43,4,471.19,4,468.17,4,468.79\n",
        "The header has 5 columns and the rows have 9: columns have no name, or numbers have a comma that is not quoted."
    )]
    [InlineData(
        "Time,Open,High,Low,Close\n1704205800,1704205800,1704205800,1704205800,1704205800,1704205800\n",
        "The header has 5 columns and the rows have 6: the first or the last may have no name."
    )]
    public async Task What_cannot_be_told_is_refused(string text, string reason)
    {
        var e = await Assert.ThrowsAsync<ImportRefusedException>(() => ImportedText.OfAsync(text, Days));
        Assert.StartsWith(reason, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Open,High,Low,Close,Volume\n" + Row, "The header lacks the names of the first 1 of 6 columns.")]
    [InlineData(
        "Date,Open,High,Low,Close,Volume\n2024-01-02,1,2,0.5,1.5,10,x,y\n",
        "The header lacks the names of the last 2 of 8 columns."
    )]
    public async Task A_note_says_which_columns_have_no_name(string text, string note) =>
        Assert.Contains(note, (await ImportedText.OfAsync(text, Days)).Notes);

    [Fact]
    public async Task A_row_of_units_is_a_rejected_row()
    {
        var imported = await ImportedText.OfAsync("Date,Open,High,Low,Close,Volume\n,USD,USD,USD,USD,shares\n" + Row, Days);
        Assert.Equal([Bar], imported.Bars.Select(row => ImportedText.Line(row.Bar)));
        Assert.Equal("the time is empty", Assert.Single(imported.Rejects).Reason);
    }

    [Fact]
    public async Task Columns_at_the_end_may_be_missing_if_no_bar_needs_them()
    {
        const string Header = "Date,Open,High,Low,Close,Volume,Trades,Extra\n";
        var imported = await ImportedText.OfAsync(
            Header + "2024-01-02,1,2,0.5,1.5,10,7,x\n2024-01-03,1,2,0.5,1.5,10,7\n2024-01-04,1,2,0.5,1.5,10\n2024-01-05,1,2,0.5,1.5\n",
            Days
        );
        Assert.Equal(
            ["2024-01-02T00:00:00Z 1 2 0.5 1.5 10 n=7", "2024-01-03T00:00:00Z 1 2 0.5 1.5 10 n=7", "2024-01-04T00:00:00Z 1 2 0.5 1.5 10"],
            imported.Bars.Select(row => ImportedText.Line(row.Bar))
        );
        // The volume is needed where other rows have one.
        Assert.Equal([(5L, "5 columns: 8 were expected")], imported.Rejects.Select(row => (row.Line, row.Reason)));
    }

    [Fact]
    public async Task A_last_line_that_may_be_cut_off_is_rejected()
    {
        const string Text = "Date,Open,High,Low,Close,Volume,Extra\n2024-01-02,1,2,0.5,1.5,10,x\n2024-01-03,1,2,0.5,1.5,10";
        var imported = await ImportedText.OfAsync(Text, Days);
        Assert.Equal("6 columns: 7 were expected", Assert.Single(imported.Rejects).Reason);
        Assert.Equal(2, (await ImportedText.OfAsync(Text + "\n", Days)).Bars.Count);
    }

    [Fact]
    public async Task Without_any_volume_it_is_0()
    {
        var imported = await ImportedText.OfAsync(
            "Date,Open,High,Low,Close,Volume\n2024-01-02,1,2,0.5,1.5\n2024-01-03,1,2,0.5,1.5,\n",
            Days
        );
        Assert.Empty(imported.Rejects);
        Assert.Equal(2, imported.Bars.Count);
        Assert.Contains("The volume column is empty; the volume is 0.", imported.Notes);
    }

    [Fact]
    public async Task Rows_that_fill_gaps_are_rejected()
    {
        var imported = await ImportedText.OfAsync(
            "timestamp,open,high,low,close,volume,filled\n2024-01-02,1,2,0.5,1.5,10,false\n2024-01-03,1.5,1.5,1.5,1.5,0,true\n",
            Days
        );
        Assert.Equal(Bar, ImportedText.Line(Assert.Single(imported.Bars).Bar));
        Assert.Equal("filled is true: the row fills a gap and is no bar", Assert.Single(imported.Rejects).Reason);
    }
}
