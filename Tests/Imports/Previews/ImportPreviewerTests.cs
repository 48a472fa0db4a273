using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Imports.Opening;
using Wyckoff.Imports.Previews;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;
using Wyckoff.Tests.Parquet;

namespace Wyckoff.Tests.Imports.Previews;

/// <summary>A preview shows what the import of a file would do, and writes nothing.</summary>
public sealed class ImportPreviewerTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private const string Header = PreviewRig.Header;

    private readonly PreviewRig _rig = new(database);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_file_with_a_header_shows_its_layout_its_first_bars_and_its_rejects()
    {
        var path = _rig.Write(
            "HEAD_1d.csv",
            "Date;Open;High;Low;Close;Adj Close;Volume\n"
                + "31/01/2024;1,5;2;0,5;1,25;1,2;10\n01/02/2024;1,5;;0,5;1,25;1,2;10\n02/02/2024;1,5;2;0,5;1,75;1,2;20\n"
        );
        var preview = await _rig.PreviewOneAsync(path);
        Assert.Equal((null, 3, true, 1), (preview.Error, preview.Rows, preview.IsWhole, preview.Rejected));
        var layout = preview.Layout!;
        Assert.Equal(
            ("text", null, "UTF-8", ";", true, 2, ",", false),
            (
                layout.Format,
                layout.Compression,
                layout.Encoding,
                layout.Delimiter,
                layout.HasHeader,
                layout.FirstLine,
                layout.DecimalPoint,
                layout.NewestFirst
            )
        );
        Assert.Equal(
            "1 Date=time, 2 Open=open, 3 High=high, 4 Low=low, 5 Close=close, 6 Adj Close=, 7 Volume=volume",
            string.Join(", ", layout.Columns.Select(column => $"{column.Number} {column.Name}={column.Field}"))
        );
        Assert.Equal(
            (new Finding("HEAD", Origin.FileName), new Finding("1d", Origin.FileName), null, new Finding("dd/MM/yyyy", Origin.Detected)),
            (layout.Symbol, layout.Timeframe, layout.TimeZone, layout.DateFormat)
        );
        Assert.Equal(["Column 'Adj Close' is ignored: bars keep the prices as traded.", "Numbers have a decimal comma."], preview.Notes);
        Assert.Equal(
            ["2024-01-31T00:00:00Z 1.5 2 0.5 1.25 10", "2024-02-02T00:00:00Z 1.5 2 0.5 1.75 20"],
            preview.FirstBars.Select(bar => ImportedText.Line(bar.Bar))
        );
        var reject = Assert.Single(preview.FirstRejects);
        Assert.Equal((3, "01/02/2024;1,5;;0,5;1,25;1,2;10", "high is empty"), ((int)reject.LineNumber, reject.Text, reject.Reason));
        var series = Assert.Single(preview.Series);
        Assert.Equal(
            ("HEAD", "1d", 2, 2, new PreviewedTicker(false, "stock", "America/New_York", false)),
            (series.Symbol.Value, series.Timeframe.Name, series.Bars, series.New, series.Ticker)
        );
        Assert.Equal([], preview.Earlier);
    }

    [Fact]
    public async Task A_file_without_a_header_shows_its_vendor_and_the_unit_of_its_times()
    {
        var preview = await _rig.PreviewOneAsync(
            Path.Combine(Run.Root, "Tests", "Imports", "Vendors", "crypto", "binance.csv"),
            new() { Symbol = Symbol.Parse("BTCUSDT"), Timeframe = Timeframe.Minute1 }
        );
        var layout = preview.Layout!;
        Assert.Equal(("Binance", false, 1), (layout.Vendor, layout.HasHeader, layout.FirstLine));
        Assert.Equal(
            "1=time 2=open 3=high 4=low 5=close 6=volume 7= 8= 9=trades 10= 11= 12=",
            string.Join(' ', layout.Columns.Select(column => $"{column.Number}{column.Name}={column.Field}"))
        );
        Assert.Equal(
            (new Finding("BTCUSDT", Origin.Option), new Finding("UTC", Origin.Detected), new Finding("ms", Origin.Detected)),
            (layout.Symbol, layout.TimeZone, layout.DateFormat)
        );
        Assert.Equal("2024-01-16T14:30:00Z 471.5 471.75 471.25 471.6 15000 n=120", ImportedText.Line(preview.FirstBars[0].Bar));
    }

    [Theory]
    [InlineData("platforms/metatrader5.csv", "MetaTrader")]
    [InlineData("crypto/kraken.csv", "Kraken")]
    [InlineData("crypto/coinbase.csv", "Coinbase")]
    [InlineData("websites/nasdaq.csv", "Nasdaq")]
    [InlineData("websites/investing.csv", "Investing.com")]
    [InlineData("platforms/equity/usa/minute/spy/20240116_trade.csv", "LEAN")]
    [InlineData("providers/tiingo.csv", null)]
    public async Task A_vendor_is_named_only_if_the_layout_is_its_own(string file, string? vendor)
    {
        var preview = await _rig.PreviewOneAsync(
            Path.Combine(Run.Root, "Tests", "Imports", "Vendors", file),
            new() { Symbol = Symbol.Parse("ANY"), Timeframe = Timeframe.Minute1 }
        );
        Assert.Equal(vendor, preview.Layout?.Vendor);
    }

    [Fact]
    public async Task Times_zones_scales_and_sessions_are_shown_as_they_would_be_stored()
    {
        var options = new ImportOptions
        {
            TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Athens"),
            PriceScale = 100,
            TickerTimeZone = "Asia/Tokyo",
            AssetType = "index",
        };
        var minutes = await _rig.PreviewOneAsync(
            _rig.Write("ATH_1m.csv.gz", PreviewRig.Gzip(Header + "2024-01-02 16:30,150,200,50,125,10\n")),
            options
        );
        Assert.Equal(("gzip", new Finding("Europe/Athens", Origin.Option)), (minutes.Layout!.Compression, minutes.Layout.TimeZone));
        Assert.Equal("2024-01-02T14:30:00Z 1.5 2 0.5 1.25 10", ImportedText.Line(minutes.FirstBars[0].Bar));
        Assert.Equal(new PreviewedTicker(false, "index", "Asia/Tokyo", false), minutes.Series[0].Ticker);

        // 16:30 UTC is the next day in Tokyo, and the bar belongs to the session of that day.
        var days = await _rig.PreviewOneAsync(_rig.Write("TOK_1d.csv", Header + "2024-01-02T16:30:00Z,150,200,50,125,10\n"), options);
        Assert.Equal("2024-01-03T00:00:00Z 1.5 2 0.5 1.25 10", ImportedText.Line(days.FirstBars[0].Bar));
        Assert.Equal(new Finding(null, Origin.Column), days.Layout!.TimeZone);
    }

    [Fact]
    public async Task A_relative_path_says_as_much_as_the_full_path_that_the_import_uses()
    {
        var minutes = Path.Combine(_rig.Folder, "forex", "fxcm", "minute");
        Directory.CreateDirectory(Path.Combine(minutes, "eurusd"));
        var full = _rig.Write(Path.Combine(minutes, "eurusd", "20140501_trade.csv"), "36000000,1.5,2,0.5,1.25,10\n");
        // Only the full path has the symbol in the folder after 'minute'. The current directory belongs to all tests, so it stays.
        var relative = Path.Combine(Path.GetRelativePath(".", minutes), "gbpusd", "..", "eurusd", "20140501_trade.csv");
        Assert.Equal((false, full), (Path.IsPathRooted(relative), Path.GetFullPath(relative)));

        var preview = await _rig.PreviewOneAsync(relative);
        var result = await _rig.ImportOneAsync(relative);
        Assert.Equal((full, full), (result.File, preview.File));
        Assert.Equal(result.Notes, preview.Notes);
        Assert.Equal(new("Etc/GMT+5", Origin.FileName), preview.Layout!.TimeZone);
        var series = Assert.Single(preview.Series);
        Assert.Equal(("EURUSD", new PreviewedTicker(false, "forex", "Etc/GMT+5", false)), (series.Symbol.Value, series.Ticker));
        var again = await _rig.PreviewOneAsync(relative);
        Assert.Equal((1, result.Id), (again.Series[0].Equal, again.AlreadyImportedBy));
        Assert.Equal(series.Ticker with { Exists = true }, again.Series[0].Ticker);
    }

    [Theory]
    [InlineData("NEWNEG", true, false, true)]
    [InlineData("NEWPOS", false, false, false)]
    [InlineData("OLDNEG", false, true, true)]
    [InlineData("OLDPOS", true, true, false)]
    public async Task A_new_ticker_allows_negative_prices_if_the_option_says_so_and_a_stored_one_as_it_is(
        string symbol,
        bool option,
        bool exists,
        bool allows
    )
    {
        if (exists)
        {
            await database.ExecuteAsync($"INSERT INTO market.tickers (symbol, allows_negative) VALUES ('{symbol}', {allows})");
        }

        var path = _rig.Write($"{symbol}_1d.csv", Header + "2020-04-17,19.8,20.2,17.3,18.2,1\n2020-04-20,17.7,17.8,-40.3,-37.6,1\n");
        var options = new ImportOptions { AllowNegative = option };
        var preview = await _rig.PreviewOneAsync(path, options);
        Assert.Equal(allows ? 0 : 1, preview.Rejected);
        Assert.Equal(new(exists, "stock", "America/New_York", allows), Assert.Single(preview.Series).Ticker);
        await _rig.ImportOneAsync(path, options);
        Assert.Equal(allows, await database.ScalarAsync<bool>($"SELECT allows_negative FROM market.tickers WHERE symbol = '{symbol}'"));
    }

    [Fact]
    public async Task Each_entry_of_an_archive_is_shown_and_of_many_only_the_first()
    {
        var two = await _rig.PreviewAsync(
            _rig.Zip("two.zip", ("ONE_1m.csv", Header + PreviewRig.Rows(3)), ("TWO_1d.csv", Header + "2024-01-02,1,2,0.5,1.5,10\n"))
        );
        Assert.Equal((2, 0), (two.Files.Count, two.NotShown));
        Assert.Equal(["ONE 1m", "TWO 1d"], two.Files.Select(file => $"{file.Series[0].Symbol} {file.Series[0].Timeframe}"));
        Assert.EndsWith("two.zip!TWO_1d.csv", two.Files[1].File, StringComparison.Ordinal);
        var many = await _rig.PreviewAsync(
            _rig.Zip("many.zip", [.. Enumerable.Range(0, 23).Select(i => ($"M{i:00}_1m.csv", Header + PreviewRig.Rows(1)))])
        );
        Assert.Equal((20, 3), (many.Files.Count, many.NotShown));
    }

    [Fact]
    public async Task A_damaged_entry_does_not_hide_the_others()
    {
        var path = _rig.Zip("torn.zip", ("BAD_1m.csv", Header + PreviewRig.Rows(50)), ("FINE_1m.csv", Header + PreviewRig.Rows(50)));
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        // The packed content of the first entry follows its header of 30 bytes and its name.
        bytes.AsSpan(30 + "BAD_1m.csv".Length, 40).Fill(0xFF);
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        var preview = await _rig.PreviewAsync(path);
        Assert.StartsWith("The file in the archive cannot be read: ", preview.Files[0].Error, StringComparison.Ordinal);
        Assert.Equal((null, 50), (preview.Files[1].Error, preview.Files[1].Series[0].New));
    }

    [Fact]
    public async Task Of_a_Parquet_file_the_first_batch_of_rows_is_read()
    {
        // Its row groups have 2,048 rows.
        var path = _rig.Write("bars.parquet", ParquetRows.Fixture("duckdb/bars"));
        var preview = await _rig.PreviewOneAsync(path, new() { Timeframe = Timeframe.Minute1 });
        Assert.Equal((null, 2048, false, 0), (preview.Error, preview.Rows, preview.IsWhole, preview.Rejected));
        Assert.Equal(
            ("parquet", new Finding(null, Origin.Column), new Finding("1m", Origin.Option), new Finding("UTC", Origin.Default)),
            (preview.Layout!.Format, preview.Layout.Symbol, preview.Layout.Timeframe, preview.Layout.TimeZone)
        );
        Assert.Contains(preview.Layout.Columns, column => column.Field == "time");
        Assert.Equal(["SPY 1024", "AAPL 1024"], preview.Series.Select(series => $"{series.Symbol} {series.New}"));
        Assert.Equal(["SPY", "AAPL"], preview.FirstBars.Take(2).Select(bar => bar.Symbol.Value));
    }

    public static TheoryData<string, string, ImportOptions> Failing =>
        new()
        {
            { "EMPTY_1m.csv", "", new() },
            { "TEXT_1m.csv", "nothing\n", new() },
            { "NOCLOSE_1m.csv", "timestamp,open,high,low\n2024-01-02T14:30:00Z,1,2,0.5\n", new() },
            { "NOWIDTH.csv", Header + "2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n", new() },
            { "ABCDEFGHIJKLMNOPQRSTU_1m.csv", Header + "2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n", new() },
            { "FEATHER_1m.csv", "ARROW1 and more", new() },
            { "BROKEN_1m.zip", "PK\u0003\u0004 and then nothing that is an archive", new() },
            { "AMBIGUOUS_1d.csv", "date,open,high,low,close,volume\n01/02/2024,1,2,0.5,1.5,10\n", new() },
            { "ALLBAD_1m.csv", Header + "2024-01-02T14:30:00Z,1,2,0.5,,10\n2024-01-02T14:31:00Z,1,2,0.5,x,10\n", new() },
            {
                "MOST_1m.csv",
                Header + "2024-01-02T14:30:00Z,1,2,0.5,,10\n2024-01-02T14:31:00Z,1,2,0.5,1,10\n2024-01-02T14:32:00Z,1,,0.5,1,10\n",
                new() { MaxRejects = 1 }
            },
            {
                "SCALE_1m.parquet",
                "PAR1",
                new() { PriceScale = 10 }
            },
        };

    [Theory]
    [MemberData(nameof(Failing))]
    public async Task A_file_that_the_import_refuses_is_shown_with_the_reason_that_the_import_gives(
        string name,
        string text,
        ImportOptions options
    )
    {
        var path = _rig.Write(name, text);
        var before = await _rig.ContentAsync();
        var preview = await _rig.PreviewOneAsync(path, options);
        Assert.Equal(before, await _rig.ContentAsync());
        var result = await _rig.ImportOneAsync(path, options);
        Assert.Equal(ImportStatus.Failed, result.Status);
        Assert.Equal((result.Error, result.Rejected), (preview.Error, preview.Rejected));
        Assert.Equal(
            result.FirstRejects.Select(reject => (reject.LineNumber, reject.Text, reject.Reason)),
            preview.FirstRejects.Select(reject => (reject.LineNumber, reject.Text, reject.Reason))
        );
    }

    [Fact]
    public async Task Without_a_symbol_the_layout_is_shown_all_the_same()
    {
        var preview = await _rig.PreviewOneAsync(_rig.Write("what is_1m.csv", Header + PreviewRig.Rows(1)), new() { Symbol = null });
        var refused = await _rig.PreviewOneAsync(_rig.Write("NONE.csv", Header + PreviewRig.Rows(1)));
        Assert.Equal("what", preview.Layout?.Symbol?.Value?.ToLowerInvariant());
        Assert.StartsWith("No timeframe", refused.Error, StringComparison.Ordinal);
        Assert.Equal((6, null), (refused.Layout?.Columns.Count, refused.Layout?.Timeframe));
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Replace)]
    [InlineData(ConflictPolicy.Fail)]
    public async Task Bars_are_compared_with_the_stored_ones_and_nothing_is_written(ConflictPolicy policy)
    {
        var symbol = $"CMP{policy}".ToUpperInvariant();
        await _rig.ImportOneAsync(_rig.Write($"{symbol}_1m.csv", Header + PreviewRig.Rows(60)));
        // Two bars differ, one is repeated, two are new; the file begins with the newest rows.
        var rows =
            PreviewRig.Rows(2, 60)
            + PreviewRig.Rows(8)
            + PreviewRig.Rows(2, 8).Replace(",1.5,", ",1.75,", StringComparison.Ordinal)
            + PreviewRig.Rows(1, 61);
        var path = _rig.Write($"{symbol}_1m.csv", Header + rows);
        var options = new ImportOptions { Policy = policy };
        var before = await _rig.ContentAsync();
        var preview = await _rig.PreviewOneAsync(path, options);
        Assert.Equal(before, await _rig.ContentAsync());

        var series = Assert.Single(preview.Series);
        Assert.Equal(
            (12, 2, 8, 2, 0, 1, true),
            (series.Bars, series.New, series.Equal, series.Differing, series.RolledUp, series.Duplicates, series.Ticker.Exists)
        );
        Assert.Equal(
            ["2010-01-04T00:08:00Z 1 2 0.5 1.5 8 | 2010-01-04T00:08:00Z 1 2 0.5 1.75 8"],
            series.FirstDifferences.Take(1).Select(pair => $"{ImportedText.Line(pair.Stored)} | {ImportedText.Line(pair.File)}")
        );

        var result = await _rig.ImportOneAsync(path, options);
        Assert.Equal(result.Error, preview.Error);
        Assert.Equal(policy == ConflictPolicy.Fail, preview.Error is not null);
        if (policy != ConflictPolicy.Fail)
        {
            var replaced = policy == ConflictPolicy.Replace ? series.Differing : 0;
            Assert.Equal(
                (series.New, replaced, series.Equal + series.Differing - replaced, series.Duplicates),
                ((int)result.Inserted, (int)result.Updated, (int)(result.Skipped - result.Duplicates), (int)result.Duplicates)
            );
        }
    }

    [Fact]
    public async Task Bars_that_were_only_rolled_up_would_be_replaced()
    {
        await _rig.ImportOneAsync(_rig.Write("ROLL_1m.csv", Header + PreviewRig.Rows(10)));
        var path = _rig.Write("ROLL_5m.csv", Header + "2010-01-04T00:00:00Z,1,2,0.5,1.5,10\n2010-01-04T00:10:00Z,1,2,0.5,1.5,10\n");
        var series = Assert.Single((await _rig.PreviewOneAsync(path)).Series);
        Assert.Equal((1, 1, 0, 0), (series.RolledUp, series.New, series.Equal, series.Differing));
        var result = await _rig.ImportOneAsync(path);
        Assert.Equal((1L, 1L), (result.Updated, result.Inserted));
    }

    [Fact]
    public async Task Bars_with_all_fields_and_amounts_at_their_limits_are_equal_to_themselves()
    {
        var path = _rig.Write(
            "LIMIT_1d.csv",
            "date,open,high,low,close,volume,trades,vwap\n"
                + "2024-01-02,9999999999.99999999,9999999999.99999999,0.00000001,1,99999999999999999999.99999999,2147483647,0.00000001\n"
                + "2024-01-03,1,2,0.5,1.5,0,,\n"
        );
        Assert.Equal(2, (await _rig.ImportOneAsync(path)).Inserted);
        var series = Assert.Single((await _rig.PreviewOneAsync(path)).Series);
        Assert.Equal((2, 0, 0), (series.Equal, series.Differing, series.New));
    }

    [Fact]
    public async Task A_file_with_many_symbols_is_compared_for_the_first_ones()
    {
        var rows = string.Concat(Enumerable.Range(0, 25).Select(i => $"S{i},2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n"));
        var preview = await _rig.PreviewOneAsync(_rig.Write("many_1m.csv", "symbol," + Header + rows));
        Assert.Equal((20, 5, 25), (preview.Series.Count, preview.SeriesNotShown, preview.Rows));
        Assert.Equal(["S0", "S1", "S2", "S3", "S4"], preview.FirstBars.Select(bar => bar.Symbol.Value));
    }

    [Fact]
    public async Task Earlier_imports_of_the_content_are_shown_if_it_was_hashed()
    {
        var path = _rig.Write("EARLY_1m.csv", Header + PreviewRig.Rows(2));
        var first = await _rig.ImportOneAsync(path);
        var again = await _rig.PreviewOneAsync(path);
        Assert.Equal((first.Id, first.Id), (Assert.Single(again.Earlier!).Id, again.AlreadyImportedBy));
        // With other options or --force the file would be read again.
        foreach (
            var options in new[]
            {
                new ImportOptions { Source = "other" },
                new ImportOptions { Force = true },
            }
        )
        {
            var other = await _rig.PreviewOneAsync(path, options);
            Assert.Equal((first.Id, null), (Assert.Single(other.Earlier!).Id, other.AlreadyImportedBy));
        }

        // An upload is always read. What it is, is known once all of it was read.
        await using var upload = File.OpenRead(path);
        var uploaded = Assert.Single(
            (await _rig.Previewer.PreviewAsync(upload, "EARLY_1m.csv", null, new(), TestContext.Current.CancellationToken)).Files
        );
        Assert.Equal((first.Id, null), (Assert.Single(uploaded.Earlier!).Id, uploaded.AlreadyImportedBy));

        var large = _rig.Write("LARGE_1m.csv", Header + PreviewRig.Rows(2_000));
        await using (var file = new FileStream(large, FileMode.Open))
        {
            file.SetLength(ImportPreviewer.MaxHashed + 1);
        }

        Assert.Null((await _rig.PreviewOneAsync(large)).Earlier);
    }
}
