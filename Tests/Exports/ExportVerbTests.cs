using System.Globalization;
using Wyckoff.Bars;
using Wyckoff.Imports.Parquet;

namespace Wyckoff.Tests.Exports;

/// <summary>Runs the verb <c>export</c> as a process: its output, and the arguments it refuses.</summary>
public sealed class ExportVerbTests : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Header =
        "symbol,timeframe,timestamp,open,high,low,close,volume,trade_count,vwap,"
        + "spread,spread_ratio,volume_ratio,low_history,source,quality_score";

    private readonly TestDatabase _database;
    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-export-").FullName;

    public ExportVerbTests(TestDatabase database) => _database = database;

    public async ValueTask InitializeAsync()
    {
        // Inserted directly into the table, so that the derived fields have known values. SPY has bars in 2015 and 2024 only, so that an
        // export crosses years without bars.
        await _database.ExecuteAsync(
            """
            INSERT INTO tickers (symbol) VALUES ('SPY'), ('BRK.B') ON CONFLICT DO NOTHING;
            DELETE FROM bars_1m;
            INSERT INTO bars_1m (ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap,
                                 spread, spread_ratio, volume_ratio, low_history, source, quality_score)
            SELECT id, t, 100.5, 102.25, 99.12345678, 101, 1000.5, 7, 100.75, 3.12654322, 1.25, 0, false, 'test', 0.9
              FROM tickers, generate_series(timestamptz '2024-01-02 14:30+00', '2024-01-02 16:29+00', '1 min') t
             WHERE symbol = 'SPY'
            UNION ALL
            SELECT id, t, 50, 50, 50, 50, 0, NULL, NULL, 0, 1, 0.5, true, 'test', NULL
              FROM tickers, generate_series(timestamptz '2015-03-02 14:30+00', '2015-03-02 14:34+00', '1 min') t
             WHERE symbol = 'SPY'
            UNION ALL
            SELECT id, '2024-01-02 15:00+00', 350, 351, 349, 350.1, 12345678901234567890.12345678, NULL, NULL, 2, 1, 1, true, 'test', 1
              FROM tickers
             WHERE symbol = 'BRK.B';
            """
        );
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_default_is_CSV_on_standard_output()
    {
        var (exitCode, output, error) = await ExportAsync(
            "--symbol",
            "SPY,BRK.B",
            "--timeframe",
            "1Min",
            "--from",
            "2015-03-02T14:33:00Z",
            "--to",
            "2024-01-02T14:31:00Z"
        );
        Assert.True(exitCode == 0, error);
        Assert.Equal(
            $$"""
            {{Header}}
            SPY,1m,2015-03-02T14:33:00Z,50,50,50,50,0,,,0,1,0.5,true,test,
            SPY,1m,2015-03-02T14:34:00Z,50,50,50,50,0,,,0,1,0.5,true,test,
            SPY,1m,2024-01-02T14:30:00Z,100.5,102.25,99.12345678,101,1000.5,7,100.75,3.12654322,1.25,0,false,test,0.9

            """,
            output
        );
    }

    [Fact]
    public async Task More_bars_than_a_buffer_holds_are_written_once_each_and_in_order()
    {
        await _database.ExecuteAsync(
            """
            INSERT INTO tickers (symbol) VALUES ('LONG') ON CONFLICT DO NOTHING;
            INSERT INTO bars_1m (ticker_id, timestamp, open, high, low, close, volume,
                                 spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, t, 1, 1, 1, 1, 1, 0, 1, 1, false, 'test'
              FROM tickers, generate_series(timestamptz '2024-01-02', timestamptz '2024-01-18', '1 min') t
             WHERE symbol = 'LONG';
            """
        );
        var (exitCode, output, error) = await ExportAsync("--symbol", "LONG", "--timeframe", "1m");
        Assert.True(exitCode == 0, error);
        var times = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')[2]);
        Assert.Equal(
            Enumerable
                .Range(0, (16 * 24 * 60) + 1)
                .Select(minute =>
                    new DateTime(2024, 1, 2).AddMinutes(minute).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
                ),
            times
        );
    }

    [Fact]
    public async Task A_Parquet_file_has_every_bar_of_every_symbol()
    {
        var path = Path.Combine(_folder, "bars.parquet");
        var (exitCode, _, error) = await ExportAsync("--symbol", "spy, BRK.B", "--timeframe", "1m", "--output", path);
        Assert.True(exitCode == 0, error);
        Assert.Contains("126 bars in", error, StringComparison.Ordinal);
        await using var file = File.OpenRead(path);
        var rows = new List<ParquetBarRow>();
        using var reader = ParquetBarReader.Open(file, new());
        foreach (var batch in reader.Read(TestContext.Current.CancellationToken))
        {
            rows.AddRange(batch.Span);
        }

        Assert.Equal(126, rows.Count);
        Assert.All(rows, row => Assert.Null(row.Reason));
        Assert.Equal(
            (
                "SPY",
                new IncomingBar(
                    IncomingBar.TimeOf(new(2024, 1, 2, 14, 30, 0, TimeSpan.Zero)),
                    10_050_000_000,
                    10_225_000_000,
                    9_912_345_678,
                    10_100_000_000,
                    100_050_000_000,
                    7,
                    10_075_000_000
                )
            ),
            (rows[5].Symbol, rows[5].Bar)
        );
        Assert.Equal(("BRK.B", "12345678901234567890.12345678"), (rows[^1].Symbol, IncomingBar.Text(rows[^1].Bar.Volume)));
        Assert.Equal(rows.Take(125).OrderBy(row => row.Bar.Time), rows.Take(125));

        // An existing file is replaced only with --force, and an unfinished file never has the final name.
        (exitCode, _, error) = await ExportAsync("--symbol", "SPY", "--timeframe", "1m", "--output", path);
        Assert.Equal((1, $"ingestor: {path} exists; --force replaces it.\n"), (exitCode, error));
        (exitCode, _, error) = await ExportAsync("--symbol", "SPY", "--timeframe", "1d", "--output", path, "--force");
        Assert.True(exitCode == 0, error);
        Assert.Equal(path, Assert.Single(Directory.EnumerateFiles(_folder)));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task An_export_is_imported_with_the_same_values(string format)
    {
        const string select = """
            SELECT string_agg(ROW(symbol, timestamp, open, high, low, close, volume, trade_count, vwap)::text, ';'
                              ORDER BY symbol, timestamp)
              FROM bars_1m JOIN tickers ON id = ticker_id
            """;
        var path = Path.Combine(_folder, "again." + format);
        var (exitCode, _, error) = await ExportAsync("--symbol", "SPY,BRK.B", "--timeframe", "1m", "--output", path);
        Assert.True(exitCode == 0, error);
        var before = await _database.ScalarAsync<string>(select);
        await _database.ExecuteAsync("DELETE FROM bars_1m");
        (exitCode, var output, error) = await RunAsync("import", path);
        Assert.True(exitCode == 0, output + error);
        Assert.Equal(before, await _database.ScalarAsync<string>(select));
    }

    [Theory]
    [InlineData("There is no symbol 'NONE' in the database.", "--symbol", "SPY,NONE", "--timeframe", "1m")]
    [InlineData("--symbol A B: 1 to 20 letters, digits or . - _ / ^ = : were expected.", "--symbol", "A B", "--timeframe", "1m")]
    [InlineData("--timeframe 2m: one of 1m, 5m, 15m, 30m, 1h, 4h, 1d was expected.", "--symbol", "SPY", "--timeframe", "2m")]
    [InlineData(
        "--from 2024-01-02 is not before --to 2024-01-02.",
        "--symbol",
        "SPY",
        "--timeframe",
        "1m",
        "--from",
        "2024-01-02",
        "--to",
        "2024-01-02"
    )]
    [InlineData(
        "--from yesterday: an instant such as 2024-01-31 or 2024-01-31T14:30:00Z was expected.",
        "--symbol",
        "SPY",
        "--timeframe",
        "1m",
        "--from",
        "yesterday"
    )]
    [InlineData("--format xml: csv or parquet was expected.", "--symbol", "SPY", "--timeframe", "1m", "--format", "xml")]
    [InlineData(
        "--output bars.txt: a name that ends in .csv or .parquet was expected, or --format.",
        "--symbol",
        "SPY",
        "--timeframe",
        "1m",
        "--output",
        "bars.txt"
    )]
    public async Task Invalid_arguments_give_one_line_of_error_and_exit_code_1(string message, params string[] arguments)
    {
        var (exitCode, output, error) = await ExportAsync(arguments);
        Assert.Equal((1, "", $"ingestor: {message}\n"), (exitCode, output, error));
    }

    private Task<(int ExitCode, string Output, string Error)> ExportAsync(params string[] arguments) => RunAsync("export", arguments);

    private Task<(int ExitCode, string Output, string Error)> RunAsync(string verb, params string[] arguments) =>
        Run.DotnetAsync(
            "Ingestor",
            [verb, .. arguments],
            new() { ["ConnectionStrings__wyckoff"] = _database.AppConnection, ["Logging__LogLevel__Default"] = "None" }
        );
}
