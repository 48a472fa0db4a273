using System.Text;
using Wyckoff.Imports;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Imports;

/// <summary>Imports the days around 20 April 2020, when a future on oil settled at −37.63.</summary>
public sealed class NegativePricesTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private const string Oil = """
        Date,Open,High,Low,Close,Volume
        2020-04-17,19.82,20.20,17.31,18.27,152000
        2020-04-20,17.73,17.85,-40.32,-37.63,247947
        2020-04-21,-14,13.86,-16.74,10.01,2288
        2020-04-22,0,0,0,0,0
        2020-04-23,11.5,16.4,11.5,16.5,10

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-imports-").FullName;
    private readonly TickerDirectory _tickers = new(database.App);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ImportRunner Runner => field ??= TestImports.Runner(database.App, _tickers);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rows_are_rejected_with_the_way_to_allow_them_and_stored_once_the_ticker_allows_them()
    {
        var path = Write("CL_1d.csv", Oil);
        var refused = Assert.Single(await ImportAsync(path, new()));
        Assert.Equal((ImportStatus.Completed, 1L, 4L), (refused.Status, refused.Inserted, refused.Rejected));
        const string how =
            "because the ticker does not allow negative prices; "
            + "set allowsNegative of CL and import again with --force, or with --allow-negative if the ticker is new";
        Assert.Equal(
            [
                $"3 low -40.32: more than 0 was expected, {how}",
                $"4 open -14: more than 0 was expected, {how}",
                $"5 open 0: more than 0 was expected, {how}",
            ],
            refused.FirstRejects.Select(reject => $"{reject.LineNumber} {reject.Reason}")
        );
        Assert.Equal(
            "high 16.4 is below close 16.5",
            await database.ScalarAsync<string>(
                "SELECT reason FROM market.import_rejects WHERE batch_id = $1 AND line_number = 6",
                refused.Id
            )
        );

        // The option is for new tickers. It makes this another import, which reads the file again.
        var existing = Assert.Single(await ImportAsync(path, new() { AllowNegative = true }));
        Assert.Equal((false, 0L, 4L), (existing.AlreadyThere, existing.Inserted, existing.Rejected));
        Assert.Equal(
            "low -40.32: more than 0 was expected, because the ticker does not allow negative prices; "
                + "CL exists, and an import does not change tickers: set its allowsNegative, then import again with --force",
            existing.FirstRejects[0].Reason
        );
        Assert.False(await database.ScalarAsync<bool>("SELECT allows_negative FROM market.tickers WHERE symbol = 'CL'"));

        // The ticker is cached, and nothing announces this change.
        await database.ExecuteAsync("UPDATE market.tickers SET allows_negative = true WHERE symbol = 'CL'");
        var stored = Assert.Single(await ImportAsync(path, new() { Force = true }));
        Assert.Equal((3L, 1L, 1L), (stored.Inserted, stored.Skipped, stored.Rejected));
        Assert.Equal(
            "18.27 -37.63 10.01 0",
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(trim_scale(close)::text, ' ' ORDER BY timestamp)
                  FROM ohlcv_bars WHERE symbol = 'CL' AND timeframe = '1d'
                """
            )
        );
    }

    [Fact]
    public async Task Tickers_that_an_import_adds_allow_negative_prices_if_it_says_so()
    {
        var import = await TestImports.VerbAsync(database, "import", Write("NEWCL_1d.csv", Oil), "--allow-negative");
        Assert.True(import.ExitCode == 2, import.Error + import.Output);
        Assert.Contains("5 rows: 4 inserted, 0 updated, 0 skipped (0 duplicates), 1 rejected;", import.Output, StringComparison.Ordinal);
        Assert.True(await database.ScalarAsync<bool>("SELECT allows_negative FROM market.tickers WHERE symbol = 'NEWCL'"));
        Assert.Equal(
            "true",
            await database.ScalarAsync<string>(
                "SELECT options->>'allowNegative' FROM market.import_batches WHERE file LIKE '%NEWCL_1d.csv'"
            )
        );
    }

    [Fact]
    public async Task A_file_of_several_symbols_is_checked_per_symbol()
    {
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol, allows_negative) VALUES ('SPREAD', true), ('PLAIN', false)");
        var path = Write(
            "mixed_1d.csv",
            "symbol,date,open,high,low,close\nPLAIN,2024-01-02,-1,1,-1,1\nSPREAD,2024-01-02,-1,1,-1,1\nFRESH,2024-01-02,-1,1,-1,1\n"
        );
        var result = Assert.Single(await ImportAsync(path, new()));
        Assert.Equal([2L, 4L], result.FirstRejects.Select(reject => reject.LineNumber));
        Assert.Equal((1L, 2L), (result.Inserted, result.Rejected));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task An_exported_file_with_negative_prices_imports_the_same_bars(string format)
    {
        var (source, target) = ("OIL" + format[..1], "BACK" + format[..1]);
        await ImportAsync(Write($"{source}_1d.csv", Oil), new() { AllowNegative = true });
        var path = Path.Combine(_folder, $"back.{format}");
        var export = await TestImports.VerbAsync(
            database,
            "export",
            "--symbol",
            source,
            "--timeframe",
            "1d",
            "--format",
            format,
            "--output",
            path
        );
        Assert.True(export.ExitCode == 0, export.Error);

        var options = new ImportOptions { Symbol = Symbol.Parse(target), Timeframe = Timeframe.Day1 };
        var refused = Assert.Single(await ImportAsync(path, options));
        Assert.Equal((1L, 3L), (refused.Inserted, refused.Rejected));
        Assert.Contains("-40.32", refused.FirstRejects[0].Text, StringComparison.Ordinal);
        await database.ExecuteAsync($"DELETE FROM market.tickers WHERE symbol = '{target.ToUpperInvariant()}'");
        _tickers.Forget(Symbol.Parse(target));

        var result = Assert.Single(await ImportAsync(path, options with { AllowNegative = true }));
        Assert.Equal((4L, 0L), (result.Inserted, result.Rejected));
        Assert.Equal(
            0,
            await database.ScalarAsync<long>(
                """
                SELECT count(*)
                  FROM bars($1, '1d', '-infinity') a FULL JOIN bars($2, '1d', '-infinity') b USING (timestamp)
                 WHERE (a.open, a.high, a.low, a.close, a.volume, a.spread, a.spread_ratio, a.volume_ratio, a.quality_score)
                   IS DISTINCT FROM (b.open, b.high, b.low, b.close, b.volume, b.spread, b.spread_ratio, b.volume_ratio, b.quality_score)
                """,
                source,
                target
            )
        );
    }

    [Fact]
    public async Task The_order_of_columns_without_names_is_detected_from_negative_prices_as_well()
    {
        var imported = await ImportedText.OfAsync(
            "1587340800,-3,-1,-2,-1.5,10\n1587340860,-4,-2,-3,-2.5,10\n",
            ImportedText.Spy with
            {
                NegativePrices = await NegativePrices.LoadAsync(_tickers, ofNewTickers: true, Token),
            }
        );
        Assert.Equal(["The columns are in the order low, high, open, close."], imported.Notes.Take(1));
        Assert.Equal([("-2", "-3"), ("-3", "-4")], imported.Bars.Select(bar => (Amount(bar.Bar.Open), Amount(bar.Bar.Low))));

        static string Amount(long amount) => Wyckoff.Bars.IncomingBar.Text(amount);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }

    private Task<IReadOnlyList<ImportResult>> ImportAsync(string path, ImportOptions options) =>
        Runner.ImportAsync(path, options, new(), Token);
}
