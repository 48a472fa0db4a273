using System.Globalization;
using System.IO.Compression;
using System.Text;
using Npgsql;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;
using Wyckoff.Imports.Records;
using Wyckoff.Ingestor.Imports;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports;

/// <summary>Imports files into a database and checks the bars, the import batches and the rejects.</summary>
public sealed class ImportRunnerTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private const string Header = "timestamp,open,high,low,close,volume\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-imports-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ImportRunner Runner => field ??= RunnerWith(new());

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rejects_are_stored_with_line_text_and_reason_and_the_other_rows_are_imported()
    {
        var path = Write(
            "REJECTS_1m.csv",
            Header
                + "2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n2024-01-02T14:31:00Z,1,0.1,0.5,1.5,10\nx\0y,,,,,\n"
                + "2024-01-02T14:32:00Z,1,2,0.5,1.75,10\n"
        );
        var result = Assert.Single(await ImportAsync(path, new()));
        Assert.Equal((ImportStatus.Completed, 4L, 2L, 2L), (result.Status, result.Read, result.Inserted, result.Rejected));
        Assert.Equal(2, ImportSummary.ExitCode([result]));

        Assert.Equal(
            "3|2024-01-02T14:31:00Z,1,0.1,0.5,1.5,10|high 0.1 is below low 0.5;4|x\uFFFDy,,,,,|there is a NUL byte in the line",
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(concat_ws('|', line_number, text, reason), ';' ORDER BY line_number)
                  FROM market.import_rejects
                 WHERE batch_id = $1
                """,
                result.Id
            )
        );
        Assert.Equal(
            "completed 4 2 0 0 2 skip 64",
            await database.ScalarAsync<string>(
                """
                SELECT concat_ws(' ', status, rows_read, rows_inserted, rows_updated, rows_skipped, rows_rejected, policy, length(sha256))
                  FROM market.import_batches
                 WHERE id = $1 AND bytes_read = size
                """,
                result.Id
            )
        );
        Assert.Equal(
            "1.50000000 1.75000000",
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(close::text, ' ' ORDER BY timestamp)
                  FROM market.bars_1m JOIN market.tickers ON id = ticker_id
                 WHERE symbol = 'REJECTS' AND source = 'import'
                """
            )
        );
    }

    [Theory]
    [InlineData("EMPTY_1m.csv", "", "The file is empty.", 1)]
    [InlineData("NOCLOSE_1m.csv", "timestamp,open,high,low\n2024-01-02T14:30:00Z,1,2,0.5\n", "There is no column for close (", 1)]
    [InlineData(
        "NOWIDTH.csv",
        Header + "2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n",
        "No timeframe: neither a column nor the file's name gives it.",
        0
    )]
    [InlineData(
        "ABCDEFGHIJKLMNOPQRSTU_1m.csv",
        Header + "2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n",
        "No symbol: 'ABCDEFGHIJKLMNOPQRSTU' of the file's name is not one",
        0
    )]
    [InlineData("BROKEN_1m.zip", "PK\u0003\u0004 and then nothing that is an archive", "The archive cannot be read: ", 1)]
    public async Task An_unreadable_file_fails_with_the_reason(string name, string text, string reason, int rejects)
    {
        var result = Assert.Single(await ImportAsync(Write(name, text), new()));
        Assert.Equal((ImportStatus.Failed, (long)rejects), (result.Status, result.Rejected));
        Assert.StartsWith(reason, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, ImportSummary.ExitCode([result]));
        Assert.Equal(
            result.Error,
            await database.ScalarAsync<string>(
                "SELECT error_message FROM market.import_batches WHERE id = $1 AND status = 'failed'",
                result.Id
            )
        );
        Assert.Equal(
            rejects,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM market.import_rejects WHERE batch_id = $1 AND line_number = 1",
                result.Id
            )
        );
    }

    [Fact]
    public async Task An_imported_file_is_not_read_again_and_with_force_adds_nothing()
    {
        var path = Write("AGAIN_1m.csv", Header + Rows(0, 100));
        var first = Assert.Single(await ImportAsync(path, new()));
        var again = Assert.Single(await ImportAsync(path, new()));
        Assert.Equal((true, first.Id, 0L), (again.AlreadyThere, again.Id, again.Read));
        // The same content under a name with another symbol is another import.
        var copy = Assert.Single(await ImportAsync(Write("COPY_1m.csv", Header + Rows(0, 100)), new()));
        Assert.Equal((false, 100L), (copy.AlreadyThere, copy.Inserted));

        var forced = Assert.Single(await ImportAsync(path, new() { Force = true }));
        Assert.Equal((false, 100L, 0L), (forced.AlreadyThere, forced.Skipped, forced.Inserted));
        Assert.NotEqual(first.Id, forced.Id);
    }

    [Theory]
    [InlineData("timezone")]
    [InlineData("priceScale")]
    [InlineData("map")]
    [InlineData("dateFormat")]
    [InlineData("delimiter")]
    [InlineData("rollUps")]
    [InlineData("derived")]
    [InlineData("tickerTimezone")]
    [InlineData("assetType")]
    [InlineData("source")]
    [InlineData("onConflict")]
    public async Task The_same_file_with_another_option_is_another_import(string option)
    {
        var path = Write($"OPT{option}_1m.csv", Header + Rows(0, 3));
        var first = Assert.Single(await ImportAsync(path, new()));
        ImportOptions other = option switch
        {
            "timezone" => new() { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Athens") },
            "priceScale" => new() { PriceScale = 100 },
            "map" => new() { Columns = ColumnMap.TryParse("volume=none", out var map, out _) ? map : ColumnMap.Empty },
            "dateFormat" => new() { DateFormat = TimePattern.TryParse("yyyy-MM-ddTHH:mm:sszzz", out var pattern, out _) ? pattern : null },
            "delimiter" => new() { Delimiter = (byte)',' },
            "rollUps" => new() { RollUp = false },
            "derived" => new() { Derive = false },
            "tickerTimezone" => new() { TickerTimeZone = "UTC" },
            "assetType" => new() { AssetType = "etf" },
            "source" => new() { Source = "other" },
            _ => new() { Policy = ConflictPolicy.Replace },
        };
        var second = Assert.Single(await ImportAsync(path, other));
        Assert.False(second.AlreadyThere);
        Assert.NotEqual(first.Id, second.Id);
        Assert.True(Assert.Single(await ImportAsync(path, other)).AlreadyThere);
    }

    [Fact]
    public async Task A_file_whose_ticker_was_deleted_is_imported_again()
    {
        var path = Write("GONE_1m.csv", Header + Rows(0, 5));
        var first = Assert.Single(await ImportAsync(path, new()));
        await database.ExecuteAsync("DELETE FROM market.tickers WHERE symbol = 'GONE'");
        await using var source = NpgsqlDataSource.Create(database.AppConnection);
        var again = Assert.Single(await TestImports.Runner(source).ImportAsync(path, new(), new(), Token));
        Assert.Equal((false, 5L), (again.AlreadyThere, again.Inserted));
        Assert.NotEqual(first.Id, again.Id);
    }

    [Fact]
    public async Task A_file_of_which_all_rows_are_rejected_fails_and_is_read_again()
    {
        var path = Write("NONE_1m.csv", Header + "2024-01-02T14:30:00Z,1,0.1,0.5,1.5,10\n2024-01-02T14:31:00Z,1,0.1,0.5,1.5,10\n");
        var result = Assert.Single(await ImportAsync(path, new()));
        Assert.Equal((ImportStatus.Failed, 2L), (result.Status, result.Rejected));
        Assert.Equal("All 2 rows were rejected, the first in line 2: high 0.1 is below low 0.5.", result.Error);
        Assert.Equal(1, ImportSummary.ExitCode([result]));
        Assert.False(Assert.Single(await ImportAsync(path, new())).AlreadyThere);
    }

    [Fact]
    public async Task A_file_of_nul_bytes_fails_with_a_reason()
    {
        var path = Path.Combine(_folder, "NUL_1d.csv");
        await File.WriteAllBytesAsync(path, new byte[3_000], Token);
        var result = Assert.Single(await ImportAsync(path, new()));
        Assert.Equal(ImportStatus.Failed, result.Status);
        Assert.DoesNotContain(
            "\0",
            await database.ScalarAsync<string>("SELECT error_message FROM market.import_batches WHERE id = $1", result.Id),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task One_failed_file_of_several_gives_exit_code_2()
    {
        var good = Assert.Single(await ImportAsync(Write("FINE_1m.csv", Header + Rows(0, 2)), new()));
        var bad = Assert.Single(await ImportAsync(Write("BAD_1m.csv", "no header of bars\n"), new()));
        Assert.Equal((0, 1, 2), (ImportSummary.ExitCode([good]), ImportSummary.ExitCode([bad]), ImportSummary.ExitCode([good, bad])));
    }

    [Fact]
    public async Task Files_of_other_programs_are_refused_by_name()
    {
        await using (var zip = await ZipFile.OpenAsync(Path.Combine(_folder, "BOOK_1d.xlsx"), ZipArchiveMode.Create, Token))
        {
            zip.CreateEntry("[Content_Types].xml");
            zip.CreateEntry("xl/workbook.xml");
        }

        var book = Assert.Single(await ImportAsync(Path.Combine(_folder, "BOOK_1d.xlsx"), new()));
        Assert.Equal(
            (ImportStatus.Failed, "This is an Excel workbook or another Office document: save it as CSV."),
            (book.Status, book.Error)
        );
        (byte[] Head, string Says)[] others =
        [
            ([.. "ARROW1\0\0"u8], "This is a Feather or Arrow file"),
            ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1], "This is an Excel workbook"),
            ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A], "This is an HDF5 file"),
            ([.. "SQLite format 3\0"u8], "This is a SQLite database"),
            ([0x28, 0xB5, 0x2F, 0xFD, 0x04], "The file is compressed with Zstandard"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "The file is compressed with xz"),
        ];
        foreach (var (head, says) in others)
        {
            var path = Path.Combine(_folder, "OTHER_1d.csv");
            await File.WriteAllBytesAsync(path, [.. head, .. new byte[64]], Token);
            var result = Assert.Single(await ImportAsync(path, new()));
            Assert.Equal(ImportStatus.Failed, result.Status);
            Assert.StartsWith(says, result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_import_whose_process_died_is_closed_and_one_that_runs_is_not()
    {
        var dead = await database.ScalarAsync<long>(
            """
            INSERT INTO market.import_batches (file, sha256, source, status)
            VALUES ('dead.csv', repeat('a', 64), 'import', 'running') RETURNING id
            """
        );
        await using var holder = await database.App.OpenConnectionAsync(Token);
        await using var begin = holder.CreateCommand();
        begin.CommandText = """
            INSERT INTO market.import_batches (file, sha256, source, status)
            VALUES ('alive.csv', repeat('b', 64), 'import', 'running') RETURNING pg_try_advisory_lock($1 # id), id
            """;
        begin.Parameters.Add(new() { Value = 0x57494D50L << 32 });
        long alive;
        await using (var reader = await begin.ExecuteReaderAsync(Token))
        {
            Assert.True(await reader.ReadAsync(Token) && reader.GetBoolean(0));
            alive = reader.GetInt64(1);
        }

        await Runner.CloseInterruptedAsync(Token);
        Assert.Equal(
            ("interrupted", "running"),
            (
                await database.ScalarAsync<string>("SELECT status FROM market.import_batches WHERE id = $1", dead),
                await database.ScalarAsync<string>("SELECT status FROM market.import_batches WHERE id = $1", alive)
            )
        );
        await database.ExecuteAsync($"DELETE FROM market.import_batches WHERE id IN ({dead}, {alive})");
    }

    [Fact]
    public async Task The_last_row_for_a_bar_wins_within_and_across_batches()
    {
        var text = new StringBuilder(Header)
            .Append(Rows(0, 60_000))
            .Append("2010-01-04T00:00:00Z,1,3,0.5,2.5,10\n2010-01-04T00:00:00Z,1,3,0.5,2.75,10\n");
        var result = Assert.Single(await ImportAsync(Write("TWICE_1m.csv", text.ToString()), new()));
        Assert.Equal((60_002L, 60_000L), (result.Read, result.Inserted));
        Assert.Equal((0L, 2L), (result.Updated, result.Duplicates));
        Assert.Equal(
            2.75m,
            await database.ScalarAsync<decimal>(
                """
                SELECT close
                  FROM market.bars_1m JOIN market.tickers ON id = ticker_id
                 WHERE symbol = 'TWICE' AND timestamp = '2010-01-04Z'
                """
            )
        );
        Assert.Equal(
            result.Inserted,
            await database.ScalarAsync<long>("SELECT rows_inserted FROM market.import_batches WHERE id = $1", result.Id)
        );
    }

    [Fact]
    public async Task An_import_that_died_is_resumed_but_not_one_that_is_running()
    {
        var path = Write("DEAD_1m.csv", Header + Rows(0, 50) + "bad\n");
        var sha = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(path, Token)));
        var store = new ImportStore(database.App);
        var (died, _) = await store.BeginAsync(path, sha, null, new(), force: false, Token);
        await store.RecordAsync(died!.Id, [new(52, "bad", "half of it")], 10, Token);

        var concurrent = Assert.Single(await ImportAsync(path, new()));
        Assert.NotEqual(died.Id, concurrent.Id);
        await database.ExecuteAsync("DELETE FROM market.import_batches WHERE id = $1", concurrent.Id);

        // Disposing ends the session, as killing the process does.
        await died.DisposeAsync();
        var resumed = Assert.Single(await ImportAsync(path, new()));
        Assert.Equal((died.Id, true, 51L, 1L), (resumed.Id, resumed.Resumed, resumed.Read, resumed.Rejected));
        Assert.Equal(
            "1 columns: 6 were expected",
            await database.ScalarAsync<string>("SELECT reason FROM market.import_rejects WHERE batch_id = $1", died.Id)
        );
        Assert.Equal(
            1L,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM market.import_batches WHERE id = $1 AND status = 'completed' AND rows_read = 51",
                died.Id
            )
        );
    }

    [Fact]
    public async Task Too_many_rejects_fail_the_import()
    {
        var path = Write("MANY_1m.csv", Header + Rows(0, 10) + string.Concat(Enumerable.Repeat("bad\n", 20)));
        var result = Assert.Single(await ImportAsync(path, new() { MaxRejects = 5 }));
        Assert.Equal(
            (ImportStatus.Failed, "More than 5 rows were rejected, the last in line 17: 1 columns: 6 were expected."),
            (result.Status, result.Error)
        );
        Assert.Equal(6, await database.ScalarAsync<long>("SELECT count(*) FROM market.import_rejects WHERE batch_id = $1", result.Id));

        // With a higher limit the same import is resumed.
        var resumed = Assert.Single(await ImportAsync(path, new() { MaxRejects = 20 }));
        Assert.Equal((result.Id, ImportStatus.Completed, 10L, 20L), (resumed.Id, resumed.Status, resumed.Inserted, resumed.Rejected));

        // It does not count as imported for a caller who allows fewer rejects than it had.
        var stricter = Assert.Single(await ImportAsync(path, new() { MaxRejects = 19 }));
        Assert.Equal((false, ImportStatus.Failed), (stricter.AlreadyThere, stricter.Status));
    }

    [Fact]
    public async Task Each_entry_of_an_archive_is_a_separate_import()
    {
        var path = Path.Combine(_folder, "pack.zip");
        Pack(
            path,
            ("zipa_1m.csv", Header + Rows(0, 5)),
            ("folder/ZIPB.us_1m.txt", Header + Rows(0, 7)),
            ("__MACOSX/._zipa_1m.csv", "a file that macOS adds"),
            ("ZIPC_1m.csv", "no bars\n")
        );

        var results = await ImportAsync(path, new());
        Assert.Equal(
            [
                ("pack.zip!zipa_1m.csv", ImportStatus.Completed, 5L),
                ("pack.zip!folder/ZIPB.us_1m.txt", ImportStatus.Completed, 7L),
                ("pack.zip!ZIPC_1m.csv", ImportStatus.Failed, 0L),
            ],
            results.Select(result => (result.File[(_folder.Length + 1)..], result.Status, result.Inserted))
        );
        Assert.Equal(
            "ZIPA ZIPB",
            await database.ScalarAsync<string>(
                "SELECT string_agg(symbol, ' ' ORDER BY symbol) FROM market.tickers WHERE symbol LIKE 'ZIP%'"
            )
        );
        Assert.Equal([true, true, false], (await ImportAsync(path, new())).Select(result => result.AlreadyThere));
    }

    [Fact]
    public async Task A_file_that_exceeds_the_spool_limit_is_refused_and_the_next_one_is_imported()
    {
        var path = Path.Combine(_folder, "bomb.zip");
        Pack(path, ("BOMB_1m.parquet", "PAR1" + new string('\0', 2 << 20)), ("KEPT_1m.csv", Header + Rows(0, 5)));
        Assert.True(new FileInfo(path).Length < 100_000);

        var results = await RunnerWith(new() { MaxSpool = 1 << 20 }).ImportAsync(path, new(), new(), Token);
        Assert.Equal([ImportStatus.Failed, ImportStatus.Completed], results.Select(result => result.Status));
        Assert.Contains("more than the 1048576 bytes that Wyckoff:Imports:MaxSpool allows", results[0].Error, StringComparison.Ordinal);

        // The size of this upload is unknown.
        await using var upload = new EndlessParquet();
        var refused = Assert.Single(
            await RunnerWith(new() { MaxSpool = 1 << 20 }).ImportAsync(upload, "ENDLESS_1m.parquet", null, new(), new(), Token)
        );
        Assert.Equal((ImportStatus.Failed, results[0].Error), (refused.Status, refused.Error));
    }

    [Fact]
    public async Task A_file_of_many_symbols_is_imported()
    {
        var text = new StringBuilder("symbol," + Header);
        for (var minute = 0; minute < 3; minute++)
        {
            for (var symbol = 0; symbol < 450; symbol++)
            {
                text.Append(CultureInfo.InvariantCulture, $"M{symbol:000},2024-01-02T14:{30 + minute}:00Z,1,2,0.5,1.5,{symbol}\n");
            }
        }

        var result = Assert.Single(
            await ImportAsync(Write("market_1m.csv", text.ToString()), new() { TickerTimeZone = "Europe/Berlin", AssetType = "etf" })
        );
        Assert.Equal((1_350L, 0L), (result.Inserted, result.Rejected));
        Assert.Equal(
            "450 1350 303075 Europe/Berlin etf",
            await database.ScalarAsync<string>(
                """
                SELECT concat_ws(' ', count(DISTINCT symbol), count(*), sum(volume)::bigint, min(timezone), max(asset_type))
                  FROM market.bars_1m JOIN market.tickers ON id = ticker_id
                 WHERE symbol ~ '^M[0-9]{3}$'
                """
            )
        );
    }

    [Fact]
    public async Task A_conflict_with_policy_fail_fails_the_file_and_its_batch_is_not_written()
    {
        await ImportAsync(Write("CLASH_1m.csv", Header + Rows(5, 1)), new());
        await database.ExecuteAsync(
            """
            UPDATE market.bars_1m
               SET source = 'other', close = 1.25
             WHERE ticker_id = (SELECT id FROM market.tickers WHERE symbol = 'CLASH')
            """
        );
        var result = Assert.Single(await ImportAsync(Write("CLASH_1m.csv", Header + Rows(0, 10)), new() { Policy = ConflictPolicy.Fail }));
        Assert.Equal(ImportStatus.Failed, result.Status);
        Assert.StartsWith("There is a 1m bar of CLASH at 2010-01-04T00:05:00", result.Error, StringComparison.Ordinal);
        Assert.Equal(
            1,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM market.bars_1m JOIN market.tickers ON id = ticker_id WHERE symbol = 'CLASH'"
            )
        );
    }

    [Fact]
    public async Task The_import_command_goes_on_after_files_that_fail()
    {
        Write("a_REJECTED_1m.csv", Header + "2024-01-02T14:30:00Z,1,0.1,0.5,1.5,10\n");
        Write("b_FEATHER_1m.csv", "ARROW1\0\0");
        Write("c_NUL_1m.csv", new string('\0', 3_000));
        Write("d_TEXT_1m.csv", "no bars\n");
        await File.WriteAllBytesAsync(Path.Combine(_folder, "e_TORN_1m.csv.gz"), [0x1F, 0x8B, 0x08, 0x00, 0x00], Token);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "f_TORN.zip"), [.. "PK\u0003\u0004"u8, 0x14, 0x00], Token);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "g_TORN_1m.parquet"), [.. "PAR1"u8, 0x00, 0x00], Token);
        Write("h_GOOD_1m.csv", Header + Rows(0, 3));
        var (exitCode, output, error) = await VerbAsync("import", _folder, "--symbol", "GOESON");
        Assert.True(exitCode == 2, error + output);
        Assert.Contains("8 files, 7 failed, 0 imported before", output, StringComparison.Ordinal);
        Assert.Contains("h_GOOD_1m.csv: done", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(
            7,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM market.import_batches WHERE symbol = 'GOESON' AND status = 'failed' AND error_message <> ''"
            )
        );
    }

    [Fact]
    public async Task The_import_command_imports_a_folder_and_exits_with_2_if_rows_were_rejected()
    {
        Write("VERB_1m.csv", Header + Rows(0, 10) + "bad\n");
        Write("VERC_1d.tsv", "Date\tOpen\tHigh\tLow\tClose\tVolume\n2024-01-02\t1\t2\t0.5\t1.5\t10\n");
        Write("readme.md", "no bars");
        var (exitCode, output, error) = await VerbAsync("import", _folder);
        Assert.True(exitCode == 2, error + output);
        Assert.Contains("11 rows: 10 inserted, 0 updated, 0 skipped (0 duplicates), 1 rejected;", output, StringComparison.Ordinal);
        Assert.Contains("line 12: 1 columns: 6 were expected", output, StringComparison.Ordinal);
        Assert.Contains("2 files, 0 failed, 0 imported before", output, StringComparison.Ordinal);

        (exitCode, output, error) = await VerbAsync(
            "import",
            Path.Combine(_folder, "nothing"),
            "--timeframe",
            "7m",
            "--symbol",
            "ABCDEFGHIJKLMNOPQRSTU",
            "--timezone",
            "Mars"
        );
        Assert.Equal(1, exitCode);
        Assert.Equal(
            ["--symbol", "--timeframe", "--timezone", "There"],
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1].TrimEnd(':'))
        );
    }

    private static string Rows(int first, int count)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{new DateTime(2010, 1, 4).AddMinutes(i):yyyy-MM-ddTHH:mm:ss}Z,1,2,0.5,1.5,{i}\n");
        }

        return text.ToString();
    }

    [Fact]
    public async Task An_exported_Parquet_file_imports_the_same_bars_alone_or_in_an_archive()
    {
        await ImportAsync(Write("ROUND_1m.csv", Header + Rows(0, 600)), new());
        var path = Path.Combine(_folder, "round.parquet");
        var export = await VerbAsync("export", "--symbol", "ROUND", "--timeframe", "1m", "--output", path);
        Assert.True(export.ExitCode == 0, export.Error);

        var archive = Path.Combine(_folder, "packed.zip");
        await using (var zip = await ZipFile.OpenAsync(archive, ZipArchiveMode.Create, Token))
        {
            await zip.CreateEntryFromFileAsync(path, "round.parquet", Token);
        }

        foreach (var (file, symbol) in new[] { (path, "ALONE"), (archive, "PACKED") })
        {
            var result = Assert.Single(await ImportAsync(file, new() { Symbol = Symbol.Parse(symbol), Timeframe = Timeframe.Minute1 }));
            Assert.Equal((ImportStatus.Completed, 600, 0), (result.Status, result.Inserted, result.Rejected));
            Assert.Equal(
                0,
                await database.ScalarAsync<long>(
                    """
                    SELECT count(*)
                      FROM bars('ROUND', '1m', '-infinity') a FULL JOIN bars($1, '1m', '-infinity') b USING (timestamp)
                     WHERE (a.open, a.high, a.low, a.close, a.volume, a.trade_count, a.vwap,
                            a.spread_ratio, a.volume_ratio, a.quality_score)
                       IS DISTINCT FROM
                           (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap,
                            b.spread_ratio, b.volume_ratio, b.quality_score)
                    """,
                    symbol
                )
            );
        }

        var whole = await File.ReadAllBytesAsync(path, Token);
        await File.WriteAllBytesAsync(path, whole[..(whole.Length / 2)], Token);
        var damaged = Assert.Single(await ImportAsync(path, new() { Symbol = Symbol.Parse("ALONE"), Timeframe = Timeframe.Minute1 }));
        Assert.Equal(ImportStatus.Failed, damaged.Status);
        Assert.NotNull(damaged.Error);
    }

    private ImportRunner RunnerWith(SpoolOptions spools) => TestImports.Runner(database.App, spools: spools);

    private static void Pack(string path, params (string Name, string Text)[] files)
    {
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, text) in files)
        {
            using var writer = new StreamWriter(archive.CreateEntry(name).Open());
            writer.Write(text);
        }
    }

    [Fact]
    public async Task The_imports_command_lists_imports_and_undoes_them()
    {
        var imported = Assert.Single(await ImportAsync(Write("REGRET_1m.csv", Header + Rows(0, 5)), new()));
        var id = imported.Id.ToString(CultureInfo.InvariantCulture);
        var (exitCode, output, _) = await VerbAsync("imports", "list", "--limit", "1");
        Assert.Equal(0, exitCode);
        Assert.Contains(id, output, StringComparison.Ordinal);
        Assert.Contains("completed", output, StringComparison.Ordinal);

        (exitCode, output, var error) = await VerbAsync("imports", "undo", id, "999999999");
        Assert.Equal(1, exitCode);
        Assert.Equal(
            $"import {id} of {imported.File} is undone: 5 bars removed, 0 restored, 0 overwritten or deleted since",
            output.Trim()
        );
        Assert.Equal("ingestor: import 999999999 cannot be undone: there is no such import; 'imports list' lists them", error.Trim());
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }

    private Task<IReadOnlyList<ImportResult>> ImportAsync(string path, ImportOptions options) =>
        Runner.ImportAsync(path, options, new(), Token);

    private Task<(int ExitCode, string Output, string Error)> VerbAsync(params string[] arguments) =>
        TestImports.VerbAsync(database, arguments);

    /// <summary>A stream without end that begins like a Parquet file.</summary>
    private sealed class EndlessParquet : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            for (var i = 0; i < count; i++, Position++)
            {
                buffer[offset + i] = Position < 4 ? "PAR1"u8[(int)Position] : (byte)0;
            }

            return count;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
