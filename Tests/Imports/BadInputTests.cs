using System.IO.Compression;
using System.Text;
using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;

namespace Wyckoff.Tests.Imports;

/// <summary>Wrong rows are rejected with their line and a reason; all other rows are imported.</summary>
public sealed class BadInputTests
{
    private const string Header = "timestamp,open,high,low,close,volume\n";
    private const string Before = "2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n";
    private const string After = "2024-01-02T14:32:00Z,1,2,0.5,1.5,10\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2024-01-02T14:31:00Z,NaN,2,0.5,1.5,10", "open 'NaN' is not a number")]
    [InlineData("2024-01-02T14:31:00Z,1,inf,0.5,1.5,10", "high 'inf' is not a number")]
    [InlineData("2024-01-02T14:31:00Z,1,2,,1.5,10", "low is empty")]
    [InlineData(
        "2024-01-02T14:31:00Z,1,2,0.5,-1.5,10",
        "close -1.5: more than 0 was expected, because the ticker does not allow negative prices"
    )]
    [InlineData(
        "2024-01-02T14:31:00Z,0,2,0.5,1.5,10",
        "open 0: more than 0 was expected, because the ticker does not allow negative prices"
    )]
    [InlineData("2024-01-02T14:31:00Z,1,2,(0.5),1.5,10", "low '(0.5)' is not a number")]
    [InlineData("2024-01-02T14:31:00Z,1,0.25,0.5,1.5,10", "high 0.25 is below low 0.5")]
    [InlineData("2024-01-02T14:31:00Z,1,1.25,0.5,1.5,10", "high 1.25 is below close 1.5")]
    [InlineData("2024-01-02T14:31:00Z,1,2,1.25,1.5,10", "low 1.25 is above open 1")]
    [InlineData("2024-01-02T14:31:00Z,1,2,0.5,1.5,-10", "volume -10: at least 0 and less than 10^20 was expected")]
    [InlineData("2024-01-02T14:31:00Z,1,2,0.5,1.5,", "volume is empty")]
    [InlineData("2026-01-16T12:01:00Z,1,2,0.5,1.5,10", "time 2026-01-16 12:01:00 is in the future")]
    [InlineData("1699-12-31T23:59:00Z,1,2,0.5,1.5,10", "timestamp 1699-12-31T23:59:00.0000000+00:00: not before 1700 was expected")]
    [InlineData(
        "2024-01-02T14:31:00Z,1.123456789,2,0.5,1.5,10",
        "open 1.123456789: at most 8 digits after the point were expected (--round N rounds to N digits)"
    )]
    [InlineData("2024-01-02T14:31:00Z,1,10000000000,0.5,1.5,10", "high 10000000000: less than 10000000000 was expected")]
    [InlineData(
        "2024-01-02T14:31:00Z,1,2,0.5,1.5,100000000000000000000",
        "volume 100000000000000000000: at least 0 and less than 10^20 was expected"
    )]
    [InlineData("2024-01-02T14:31:00Z,1,2,0.5,1.5,1e99", "volume 1e99 is too large")]
    [InlineData(
        "2024-01-02T14:31:00Z,1,2,0.5,1.5,1e-9",
        "volume 1e-9: at most 8 digits after the point were expected (--round N rounds to N digits)"
    )]
    [InlineData("2024-01-02T14:31:30Z,1,2,0.5,1.5,10", "time 2024-01-02 14:31:30 UTC is not the beginning of a bar of 1m")]
    [InlineData(
        "2024-01-02T14:31:00.0000001Z,1,2,0.5,1.5,10",
        "time '2024-01-02T14:31:00.0000001Z' is not a time such as 2024-01-02 09:30:00"
    )]
    [InlineData("2024-02-30T14:31:00Z,1,2,0.5,1.5,10", "time '2024-02-30T14:31:00Z' is not a time such as 2024-01-02 09:30:00")]
    [InlineData("02.01.2024 14:31,1,2,0.5,1.5,10", "time '02.01.2024 14:31' is not a time such as 2024-01-02 09:30:00")]
    [InlineData(",1,2,0.5,1.5,10", "the time is empty")]
    [InlineData("2024-01-02T14:31:00Z,1,2,0.5", "4 columns: 6 were expected")]
    [InlineData("2024-01-02T14:31:00Z,1,2,0,5,1,5,10", "more columns: 6 were expected")]
    [InlineData("2024-01-02T14:31:00Z;1;2;0.5;1.5;10", "1 columns: 6 were expected")]
    [InlineData("2024-01-02T14:31:00Z,\"1,5\",2,0.5,1.5,10", "open '1,5' is not a number")]
    [InlineData("2024-01-02T14:31:00Z,1,2,0.5,1.5,1\00", "there is a NUL byte in the line")]
    [InlineData("2024-01-02T14:31:00Z,\"1,2,0.5,1.5,10", "a quote is not closed")]
    public async Task A_wrong_row_is_rejected_with_its_line_and_the_others_are_imported(string row, string reason)
    {
        var imported = await ImportedText.OfAsync(Header + Before + row + "\n" + After);
        Assert.Equal([new RejectedRow(3, row.Replace('\0', '\uFFFD'), reason)], imported.Rejects);
        Assert.Equal([30, 32], imported.Bars.Select(bar => bar.Bar.Timestamp.Minute));
    }

    [Theory]
    [InlineData("", 1, "The file is empty.")]
    [InlineData("\n \r\n", 1, "The file is empty.")]
    [InlineData(Header, 1, "There is a header but no row below it.")]
    [InlineData(
        "timestamp,open,high,low,volume\n2024-01-02T14:30:00Z,1,2,0.5,10\n",
        1,
        "There is no column for close (close, closeprice, closingprice, closelast, last, price, c). "
            + "Found: 'timestamp', 'open', 'high', 'low', 'volume'."
    )]
    [InlineData("open,high,low,close,volume\n1,2,0.5,1.5,10\n", 1, "There is no column for time (timestamp,")]
    [InlineData(
        "a,b,c,d,e,f\n1,2,3,x,y,z\n",
        1,
        "The first lines hold neither column names nor a bar. Found: 'a', 'b', 'c', 'd', 'e', 'f'."
    )]
    [InlineData(
        "timestamp,open,high,low,close,volume\nsoon,1,2,0.5,1.5,10\n",
        2,
        "The time column holds 'soon', which is not a known form of time."
    )]
    [InlineData(
        "date,open,high,low,close,volume\n01/02/2024,1,2,0.5,1.5,10\n",
        2,
        "Dates such as '01/02/2024' may have the day or the month first"
    )]
    [InlineData("time,open,high,low,close,volume\n14:30:00,1,2,0.5,1.5,10\n", 1, "The times have no date, and there is no date column")]
    [InlineData(
        "1000,1,2,0.5,1.5,10\n",
        1,
        "The times have no date, and there is no date column. Found: '1000', '1', '2', '0.5', '1.5', '10'."
    )]
    public async Task A_file_without_a_readable_row_is_refused_with_the_reason(string text, long line, string reason)
    {
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() => ImportedText.OfAsync(text));
        Assert.StartsWith(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(line, refused.Line);
    }

    [Fact]
    public async Task A_wrong_delimiter_is_refused_and_the_error_lists_the_columns()
    {
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() =>
            ImportedText.OfAsync(Header + Before, ImportedText.Spy with { Delimiter = (byte)';' })
        );
        Assert.Contains("Found: 'timestamp,open,high,low,close,volume'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_date_format_decides_between_day_first_and_month_first()
    {
        const string text = "date,open,high,low,close,volume\n01/02/2024 14:30,1,2,0.5,1.5,10\n";
        Assert.True(TimePattern.TryParse("dd/MM/yyyy HH:mm", out var dayFirst, out _));
        Assert.Equal(
            "2024-02-01T14:30:00Z 1 2 0.5 1.5 10",
            ImportedText.Line(Assert.Single((await ImportedText.OfAsync(text, ImportedText.Spy with { DateFormat = dayFirst })).Bars).Bar)
        );
        Assert.True(TimePattern.TryParse("MM/dd/yyyy HH:mm", out var monthFirst, out _));
        Assert.Equal(
            "2024-01-02T14:30:00Z 1 2 0.5 1.5 10",
            ImportedText.Line(Assert.Single((await ImportedText.OfAsync(text, ImportedText.Spy with { DateFormat = monthFirst })).Bars).Bar)
        );
    }

    public static TheoryData<string> Encodings =>
        new(
            "plain",
            "bom",
            "crlf",
            "cr",
            "utf16le",
            "utf16be",
            "utf16 without a mark",
            "gzip",
            "quoted",
            "tabs",
            "no last newline",
            "blank lines",
            "extra columns",
            "trailing delimiter",
            "padded"
        );

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task The_same_bars_are_read_in_every_encoding_and_notation(string encoding)
    {
        var text = Header + Before + After;
        var bytes = encoding switch
        {
            "bom" => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)],
            "crlf" => Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)),
            "cr" => Encoding.UTF8.GetBytes(text.Replace('\n', '\r')),
            "utf16le" => [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)],
            "utf16be" => [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(text)],
            "utf16 without a mark" => Encoding.Unicode.GetBytes(text),
            "gzip" => Gzip(text),
            "quoted" => Encoding.UTF8.GetBytes(Header + "\"2024-01-02T14:30:00Z\",\"1\",\"2\",0.5,\"1.5\",\"10\"\n" + After),
            "tabs" => Encoding.UTF8.GetBytes(text.Replace(',', '\t')),
            "no last newline" => Encoding.UTF8.GetBytes(text.TrimEnd()),
            "blank lines" => Encoding.UTF8.GetBytes("\n" + text.Replace("\n", "\n\n", StringComparison.Ordinal) + "   \n"),
            "extra columns" => Encoding.UTF8.GetBytes(
                text.Replace("\n", ",\"a remark, with\nanother \"\"line\"\"\"\n", StringComparison.Ordinal)
            ),
            "trailing delimiter" => Encoding.UTF8.GetBytes(Header + (Before + After).Replace("\n", ",\n", StringComparison.Ordinal)),
            "padded" => Encoding.UTF8.GetBytes(text.Replace(",", " , ", StringComparison.Ordinal)),
            _ => Encoding.UTF8.GetBytes(text),
        };
        var imported = await ImportedText.OfAsync(bytes);
        Assert.Equal([], imported.Rejects);
        Assert.Equal(
            ["2024-01-02T14:30:00Z 1 2 0.5 1.5 10", "2024-01-02T14:32:00Z 1 2 0.5 1.5 10"],
            imported.Bars.Select(row => ImportedText.Line(row.Bar))
        );
    }

    [Fact]
    public async Task A_truncated_gzip_file_is_imported_up_to_the_damage_which_is_a_reject()
    {
        var start = DateTimeOffset.UnixEpoch.AddDays(15_000);
        var text = new StringBuilder(Header);
        for (var i = 0; i < 40_000; i++)
        {
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{start.AddMinutes(i):yyyy-MM-ddTHH:mm:ssZ},{100 + (i * 7919L % 1000)},2000,1,{50 + (i * 104729L % 997)},{i * 31}\n"
            );
        }

        var whole = Gzip(text.ToString());
        var imported = await ImportedText.OfAsync(whole[..(whole.Length * 2 / 3)]);
        Assert.InRange(imported.Bars.Count, 20_000, 39_000);
        var reject = Assert.Single(imported.Rejects);
        Assert.Equal(imported.Bars.Count + 2, reject.Line);
        Assert.StartsWith("the file is damaged from here on: ", reject.Reason, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, imported.Bars.Count), imported.Bars.Select(bar => (int)(bar.Bar.Timestamp - start).TotalMinutes));
    }

    [Fact]
    public async Task A_very_long_line_is_rejected_in_limited_memory()
    {
        // 256 MiB are enough: the buffer is full after one, and longer lines only take longer.
        await using var stream = new Pieces(
            Encoding.UTF8.GetBytes(Header + Before),
            (256 << 20, (byte)'7'),
            Encoding.UTF8.GetBytes("\n" + After)
        );
        await using var file = new DelimitedFile(new(stream), FileName.Of("x.csv"), ImportedText.Spy, ImportedText.Now);
        using var batch = new RowBatch();
        var before = GC.GetAllocatedBytesForCurrentThread();
        // The stream completes synchronously, so all allocations are made on this thread.
        while (await file.ReadAsync(batch, Token)) { }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
        Assert.Equal(2, batch.Count);
        Assert.Equal(
            [new RejectedRow(3, new string('7', 200), "the line is longer than 1048576 bytes; its first 200 are kept")],
            batch.Rejects
        );
    }

    [Fact]
    public async Task A_row_with_an_invalid_symbol_or_timeframe_is_rejected()
    {
        var imported = await ImportedText.OfAsync(
            """
            ticker,per,date,time,open,high,low,close,volume
            SPY,1,20240102,143000,1,2,0.5,1.5,10
            ABCDEFGHIJKLMNOPQRSTU,1,20240102,143000,1,2,0.5,1.5,10
            QQQ,7,20240102,143000,1,2,0.5,1.5,10
            QQQ,60,20240102,140000,1,2,0.5,1.5,10
            qqq,1Hour,20240102,150000,1,2,0.5,1.5,10
            """,
            new()
        );
        Assert.Equal(["SPY 1m", "QQQ 1h", "QQQ 1h"], imported.Bars.Select(bar => bar.Series));
        Assert.Equal(
            [
                (3, "symbol 'ABCDEFGHIJKLMNOPQRSTU' is not one: 1 to 20 letters, digits or . - _ / ^ = : were expected"),
                (4, "timeframe '7' is not one of 1m, 5m, 15m, 30m, 1h, 4h, 1d"),
            ],
            imported.Rejects.Select(reject => ((int)reject.Line, reject.Reason))
        );
    }

    [Fact]
    public async Task A_symbol_option_does_not_merge_several_symbols_of_a_file()
    {
        var imported = await ImportedText.OfAsync(
            """
            symbol,timestamp,open,high,low,close,volume
            SPY.US,2024-01-02T14:30:00Z,1,2,0.5,1.5,10
            QQQ.US,2024-01-02T14:31:00Z,1,2,0.5,1.5,10
            """
        );
        Assert.Equal("SPY 1m", Assert.Single(imported.Bars).Series);
        Assert.Equal(
            "symbol 'QQQ.US': earlier rows are of 'SPY.US', and --symbol gives one name to all rows",
            Assert.Single(imported.Rejects).Reason
        );
    }

    [Fact]
    public async Task An_unclosed_quote_does_not_swallow_the_rows_after_it()
    {
        var imported = await ImportedText.OfAsync(
            Header + Before + "2024-01-02T14:31:00Z,1,2,0.5,\"1.5,10\n" + After + "2024-01-02T14:33:00Z,1,2,0.5,1.5,10\n"
        );
        Assert.Equal([30, 32, 33], imported.Bars.Select(bar => bar.Bar.Timestamp.Minute));
        Assert.Equal((3, "a quote is not closed"), ((int)Assert.Single(imported.Rejects).Line, imported.Rejects[0].Reason));
    }

    [Fact]
    public async Task An_epoch_in_another_unit_than_the_other_rows_is_rejected()
    {
        var imported = await ImportedText.OfAsync(
            "time,open,high,low,close,volume\n1704205800000,1,2,0.5,1.5,10\n1704205860,1,2,0.5,1.5,10\n1704205920000.0,1,2,0.5,1.5,10\n"
        );
        Assert.Equal([30, 32], imported.Bars.Select(bar => bar.Bar.Timestamp.Minute));
        Assert.Equal(
            "time '1704205860' is not a number of milliseconds since 1970, as in the rows at the beginning",
            Assert.Single(imported.Rejects).Reason
        );
    }

    [Fact]
    public async Task Columns_can_be_mapped_by_name_and_number()
    {
        Assert.True(ColumnMap.TryParse("time=1,open=Auf,high=Hoch,low=Tief,close=Zu,volume=none", out var map, out _));
        var imported = await ImportedText.OfAsync(
            "Wann,Auf,Hoch,Tief,Zu,Stück\n2024-01-02 14:30,1,2,0.5,1.5,10\n",
            ImportedText.Spy with
            {
                Columns = map,
            }
        );
        Assert.Equal("2024-01-02T14:30:00Z 1 2 0.5 1.5 0", ImportedText.Line(Assert.Single(imported.Bars).Bar));
        Assert.True(ColumnMap.TryParse("open=Offen", out map, out _));
        var refused = await Assert.ThrowsAsync<ImportRefusedException>(() =>
            ImportedText.OfAsync(Header + Before, ImportedText.Spy with { Columns = map })
        );
        Assert.StartsWith(
            "--map open=Offen: there is no such column. Found: 'timestamp', 'open'",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("time=When,open=2,high=3,low=4,close=5,volume=none", "When,a,b,c,d,e\n2024-01-02 14:30,1,2,0.5,1.5,10\n", "1 2 0.5 1.5 0")]
    // The prices of the first row are the numbers of columns, and the row is no header.
    [InlineData("time=1,open=3,high=4,low=2,close=3,volume=none", "2024-01-02 14:30,2,3,4,3,10\n", "3 4 2 3 0")]
    public async Task A_header_is_found_by_the_names_that_are_mapped_and_not_by_numbers(string columns, string text, string bar)
    {
        Assert.True(ColumnMap.TryParse(columns, out var map, out _));
        var imported = await ImportedText.OfAsync(text, ImportedText.Spy with { Columns = map });
        Assert.Equal("2024-01-02T14:30:00Z " + bar, ImportedText.Line(Assert.Single(imported.Bars).Bar));
    }

    [Fact]
    public async Task Scaled_prices_are_divided_exactly_or_rejected()
    {
        var imported = await ImportedText.OfAsync(
            "20240102 14:30,4721600,4736700,4704900,4726500,123\n20240102 14:31,4721600.00001,4736700,4704900,4726500,123\n",
            ImportedText.Spy with
            {
                PriceScale = 10_000,
            }
        );
        Assert.Equal("2024-01-02T14:30:00Z 472.16 473.67 470.49 472.65 123", ImportedText.Line(Assert.Single(imported.Bars).Bar));
        Assert.Equal(
            "open 4721600.00001 divided by 10000: at most 8 digits after the point were expected (--round N rounds to N digits)",
            Assert.Single(imported.Rejects).Reason
        );
    }

    [Fact]
    public async Task Assumptions_and_ignored_columns_are_noted()
    {
        var imported = await ImportedText.OfAsync("Date,Open,High,Low,Close,Adj Close\n2024-01-02 14:30,1,2,0.5,1.5,1.4\n");
        Assert.Equal(
            [
                "Column 'Adj Close' is ignored: bars keep the prices as traded.",
                "The times have no zone and are read as UTC (see --timezone).",
                "There is no volume column; the volume is 0.",
            ],
            imported.Notes
        );
    }

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    /// <summary>A stream of some bytes, a byte repeated many times, and some more bytes.</summary>
    private sealed class Pieces(byte[] first, (long Count, byte Value) filler, byte[] last) : ReadOnlyStream
    {
        public override long Length => first.Length + filler.Count + last.Length;

        protected override int Generate(Span<byte> buffer)
        {
            var length = (int)Math.Min(buffer.Length, Length - Position);
            buffer = buffer[..length];
            buffer.Fill(filler.Value);
            Copy(first, 0, buffer);
            Copy(last, first.Length + filler.Count, buffer);
            return length;
        }

        private void Copy(byte[] piece, long start, Span<byte> buffer)
        {
            var from = Math.Max(start, Position);
            var until = Math.Min(start + piece.Length, Position + buffer.Length);
            if (from < until)
            {
                piece.AsSpan((int)(from - start), (int)(until - from)).CopyTo(buffer[(int)(from - Position)..]);
            }
        }
    }
}
