using System.Text;
using Wyckoff.Imports;
using Wyckoff.Imports.Guessing;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports.Guessing;

/// <summary>What an import finds out from the database: new tickers, and stored prices of another scale.</summary>
public sealed class StoredNeighbourTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Header = "timestamp,open,high,low,close,volume\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4726500, 472.65, 10000)]
    [InlineData(5000000, 450, 10000)]
    [InlineData(472.65, 47.27, 10)]
    [InlineData(472.65, 4726500, 0.0001)]
    [InlineData(4.7, 450, 0.01)]
    [InlineData(472.65, 460, 1)]
    [InlineData(472.65, 200, 1)]
    [InlineData(472.65, 100, 1)]
    [InlineData(472.65, 31, 1)]
    [InlineData(0, 472.65, 1)]
    [InlineData(-37.63, 17.73, 1)]
    public void A_factor_is_a_power_of_ten_within_a_quarter(double price, double stored, double factor) =>
        Assert.Equal(factor, PriceJumps.FactorOf((decimal)price, (decimal)stored), 1e-9);

    [Theory]
    [InlineData("1d", "2024-01-03", "4730000", "is about 10000 times the stored 472.65 of 2024-01-02", "with --price-scale 10000.")]
    [InlineData("1d", "2024-01-01", "4730", "is about 10 times the stored 472.65 of 2024-01-02", "with --price-scale 10.")]
    [InlineData("1d", "2024-01-03", "0.0473", "is about 0.0001 times the stored 472.65", "has to be imported with --price-scale.")]
    // The stored daily bar is the neighbour of an hour.
    [InlineData("1h", "2024-01-03T15:00:00Z", "47300", "is about 100 times the stored 472.65 of 2024-01-02", "with --price-scale 100.")]
    public async Task A_jump_by_a_power_of_ten_gets_a_note_and_is_imported(
        string timeframe,
        string time,
        string price,
        params string[] parts
    )
    {
        var symbol = $"J{timeframe}{price}".Replace(".", "", StringComparison.Ordinal).ToUpperInvariant();
        await ImportAsync("2024-01-02,472.65,472.65,472.65,472.65,1\n", symbol, "1d");
        var result = await ImportAsync($"{time},{price},{price},{price},{price},1\n", symbol, timeframe);
        Assert.Equal((ImportStatus.Completed, 1L), (result.Status, result.Inserted));
        var note = Assert.Single(result.Notes, note => note.Contains("--price-scale", StringComparison.Ordinal));
        Assert.All([symbol + ": the first price, " + price, .. parts], part => Assert.Contains(part, note, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2024-01-03", "480")]
    [InlineData("2024-01-03", "236")]
    // A bar that is years away says nothing.
    [InlineData("2020-01-03", "47")]
    public async Task Other_prices_get_no_note(string time, string price)
    {
        var symbol = "N" + price + time[..4];
        await ImportAsync("2024-01-02,472.65,472.65,472.65,472.65,1\n", symbol, "1d");
        Assert.Empty((await ImportAsync($"{time},{price},{price},{price},{price},1\n", symbol, "1d")).Notes);
    }

    [Fact]
    public async Task A_new_ticker_is_created_as_what_its_symbol_stands_for()
    {
        const string rows = "2024-01-02T21:00:00Z,1,1,1,1,1,{0}\n2024-01-02T23:00:00Z,2,2,2,2,1,{0}\n2024-01-03T00:00:00Z,3,3,3,3,1,{0}\n";
        var text =
            Header.Replace("volume", "volume,symbol", StringComparison.Ordinal)
            + string.Concat(
                ((string[])["EURCHF", "GBPCHF", "AAPL"]).Select(symbol => rows.Replace("{0}", symbol, StringComparison.Ordinal))
            );
        var result = await ImportAsync(text, null, "1h", header: false);
        Assert.Equal(
            "EURCHF, GBPCHF are taken for forex by the symbol; their days are those of UTC (see --asset-type, --ticker-timezone).",
            Assert.Single(result.Notes)
        );
        Assert.Equal(
            "AAPL stock America/New_York, EURCHF forex UTC, GBPCHF forex UTC",
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(concat_ws(' ', symbol, asset_type, timezone), ', ' ORDER BY symbol)
                  FROM market.tickers WHERE symbol IN ('AAPL', 'EURCHF', 'GBPCHF')
                """
            )
        );
        Assert.Equal(
            "AAPL 2024-01-02 3, EURCHF 2024-01-02 2, EURCHF 2024-01-03 3",
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(concat_ws(' ', symbol, timestamp::date, close::int), ', ' ORDER BY symbol, timestamp)
                  FROM ohlcv_bars WHERE timeframe = '1d' AND symbol IN ('AAPL', 'EURCHF')
                """
            )
        );
    }

    [Fact]
    public async Task Bars_of_the_eighteenth_century_are_stored()
    {
        var result = await ImportAsync("1792-05-15,1,2,0.5,1.5,0\n1699-12-31,1,2,0.5,1.5,0\n1792-05-16,1,2,0.5,1.75,0\n", "OLDEST", "1d");
        Assert.Equal((2L, 1L), (result.Inserted, result.Rejected));
        Assert.Contains("not before 1700 was expected", Assert.Single(result.FirstRejects).Reason, StringComparison.Ordinal);
        Assert.Equal(
            "1792-05-15 1.50, 1792-05-16 1.75",
            await database.ScalarAsync<string>(
                """
                SELECT string_agg(concat_ws(' ', timestamp::date, close::numeric(9,2)), ', ' ORDER BY timestamp)
                  FROM bars('OLDEST', '1d', '-infinity')
                """
            )
        );
    }

    [Fact]
    public async Task A_guess_does_not_change_an_existing_ticker()
    {
        await database.ExecuteAsync(
            "INSERT INTO market.tickers (symbol, asset_type, timezone) VALUES ('NZDCHF', 'stock', 'Asia/Tokyo') ON CONFLICT DO NOTHING"
        );
        Assert.Empty((await ImportAsync("2024-01-02T21:00:00Z,1,1,1,1,1\n", "NZDCHF", "1h")).Notes);
        Assert.Equal(
            "stock Asia/Tokyo",
            await database.ScalarAsync<string>("SELECT concat_ws(' ', asset_type, timezone) FROM market.tickers WHERE symbol = 'NZDCHF'")
        );
    }

    [Fact]
    public async Task The_same_file_under_a_name_that_gives_another_zone_is_another_import()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-zones-").FullName;
        try
        {
            const string rows = "20240102 09:00,47.31,47.53,47.03,47.03,384500\n";
            var inside = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "equity", "usa", "hour")).FullName, "zoned.csv");
            var outside = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "hour")).FullName, "zoned.csv");
            await File.WriteAllTextAsync(outside, rows, Token);
            await File.WriteAllTextAsync(inside, rows, Token);
            foreach (var (file, again) in new[] { (outside, false), (inside, false), (inside, true), (outside, true) })
            {
                Assert.Equal(again, Assert.Single(await Runner.ImportAsync(file, new(), new(), Token)).AlreadyThere);
            }

            Assert.Equal(
                "09:00:00, 14:00:00",
                await database.ScalarAsync<string>(
                    """
                    SELECT string_agg((timestamp AT TIME ZONE 'UTC')::time::text, ', ' ORDER BY timestamp)
                      FROM ohlcv_bars WHERE timeframe = '1h' AND symbol = 'ZONED'
                    """
                )
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private ImportRunner Runner => TestImports.Runner(database.App);

    private async Task<ImportResult> ImportAsync(string rows, string? symbol, string timeframe, bool header = true) =>
        Assert.Single(
            await Runner.ImportAsync(
                new MemoryStream(Encoding.UTF8.GetBytes((header ? Header : "") + rows)),
                "x.csv",
                null,
                new() { Symbol = symbol is null ? null : Symbol.Parse(symbol), Timeframe = Timeframe.Parse(timeframe) },
                new(),
                Token
            )
        );
}
