using System.Net;
using System.Net.Http.Json;
using Wyckoff.Api;
using Wyckoff.Quality;

namespace Wyckoff.Tests.Api;

public sealed class QualityTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>1h bars of twelve weeks in 2024, from 10 to 16 o'clock in New York on weekdays.</summary>
    private const string Hours = """
        INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, source)
        SELECT '{0}', '1h', (day + hour * interval '1 hour') AT TIME ZONE 'America/New_York', 100, 101, 99, 100, 10, 'import'
          FROM generate_series(timestamp '2024-02-05', '2024-04-26', '1 day') AS day, generate_series(10, 15) AS hour
         WHERE extract(isodow FROM day) < 6
        """;

    [Fact]
    public async Task A_report_finds_gaps_outliers_overlaps_and_sources_and_changes_nothing()
    {
        await SymbolAsync("SPOTTY");
        await database.ExecuteAsync(
            """
            DELETE FROM ohlcv_bars
             WHERE symbol = 'SPOTTY' AND timeframe = '1h' AND timestamp IN ('2024-03-06 16:00Z', '2024-03-06 17:00Z');
            DELETE FROM ohlcv_bars
             WHERE symbol = 'SPOTTY' AND timeframe = '1h' AND timestamp BETWEEN '2024-03-29Z' AND '2024-03-30Z';
            DELETE FROM ohlcv_bars
             WHERE symbol = 'SPOTTY' AND timeframe = '1h' AND timestamp BETWEEN '2024-04-10Z' AND '2024-04-11Z';
            UPDATE ohlcv_bars SET high = 150, close = 150
             WHERE symbol = 'SPOTTY' AND timeframe = '1h' AND timestamp = '2024-04-02 14:00Z';
            UPDATE ohlcv_bars SET volume = 0, source = 'other'
             WHERE symbol = 'SPOTTY' AND timeframe = '1h' AND timestamp = '2024-03-05 15:00Z';
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, source)
            VALUES ('SPOTTY', '1d', '2024-04-01', 100, 101, 99, 100, 60, 'alpaca'),
                   ('SPOTTY', '1d', '2024-04-02', 100, 120, 99, 100, 60, 'alpaca'),
                   ('SPOTTY', '1d', '2024-04-03', 90, 120, 80, 100, 60, 'aggregated'),
                   ('SPOTTY', '1d', '2024-04-10', 100, 101, 99, 100, 60, 'alpaca');
            INSERT INTO market.sync_coverage (ticker_id, timeframe, source, covered)
            SELECT id, '1h', source, covered::tstzmultirange
              FROM market.tickers,
                   (VALUES ('alpaca', '{[2024-01-01Z,2024-03-01Z),[2024-04-01Z,2024-05-01Z)}'),
                           ('stooq', '{[2024-02-20Z,2024-04-02Z)}')) AS c (source, covered)
             WHERE symbol = 'SPOTTY'
            """
        );
        var before = await StateAsync();
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();

        var hours = (await client.GetFromJsonAsync<QualityResponse>("/v1/quality/spotty?timeframe=1Hour&to=2024-06-01", Token))!;
        Assert.Equal(("SPOTTY", "1h", "America/New_York"), (hours.Symbol, hours.Timeframe, hours.Timezone));
        // There are sixty weekdays. 29 March (Good Friday) has no bars and is closed. 10 April has a 1d bar, so its 1h bars are a gap.
        Assert.Equal(
            (59 * 6 - 8, 58, 59 * 6, 8),
            (hours.Coverage.Bars, hours.Coverage.Sessions, hours.Coverage.Expected, hours.Coverage.Missing)
        );
        Assert.Null(hours.Days);
        var untilNow = (await client.GetFromJsonAsync<QualityResponse>("/v1/quality/spotty?timeframe=1h", Token))!;
        Assert.Equal(hours.Coverage, untilNow.Coverage);
        const string path = "/v1/quality/spotty?timeframe=1h&to=2024-06-01&days=true";
        var eachDay = (await client.GetFromJsonAsync<QualityResponse>(path, Token))!.Days!;
        Assert.Equal(60, eachDay.Count);
        Assert.Equal(
            [
                new DayCoverage(new(2024, 3, 6), 4, 6, 2, false),
                new DayCoverage(new(2024, 3, 29), 0, 0, 0, true),
                new DayCoverage(new(2024, 4, 10), 0, 6, 6, false),
            ],
            eachDay.Where(day => day is not { Bars: 6, Expected: 6, Missing: 0, IsClosed: false })
        );
        Assert.Equal(97.74m, hours.Coverage.Completeness);
        Assert.Equal([new DateOnly(2024, 3, 29)], hours.ClosedDays);
        Assert.Equal([new BarGap(At(3, 6, 16), At(3, 6, 18), 2, 0), new BarGap(At(4, 10, 14), At(4, 10, 20), 6, 1)], hours.Gaps);
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["move"] = 2,
                ["flat"] = 0,
                ["zero_volume"] = 1,
            },
            hours.TotalOutliers
        );
        Assert.Equal(new Outlier(At(4, 2, 14), "move", 150, 100, 2, 25, 10), hours.Outliers[0]);
        Assert.Equal(("move", "zero_volume"), (hours.Outliers[1].Rule, hours.Outliers[2].Rule));
        Assert.Equal(
            [new SourceShare("import", 59 * 6 - 9, At(2, 5, 15), At(4, 26, 19)), new SourceShare("other", 1, At(3, 5, 15), At(3, 5, 15))],
            hours.Sources
        );
        Assert.Equal(
            [
                new SharedCoverage("alpaca", "stooq", At(2, 20, 0), At(3, 1, 0)),
                new SharedCoverage("alpaca", "stooq", At(4, 1, 0), At(4, 2, 0)),
            ],
            hours.Overlaps.SharedCoverage
        );

        // The format is that of /v1/bars: numbers without trailing zeros, times with Z.
        var text = await client.GetStringAsync("/v1/quality/spotty?timeframe=1Hour&to=2024-06-01", Token);
        Assert.Contains(
            """{"timestamp":"2024-04-02T14:00:00Z","rule":"move","close":150,"previousClose":100,""",
            text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("+00:00", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\.\d*0[,}]", text);

        var days = (await client.GetFromJsonAsync<QualityResponse>("/v1/quality/SPOTTY?from=2024-01-01", Token))!;
        var disagreement = Assert.Single(days.Overlaps.Disagreements);
        Assert.Equal(
            (At(4, 2, 0), "alpaca", "1h", 6),
            (disagreement.Timestamp, disagreement.Source, disagreement.With, disagreement.Parts)
        );
        Assert.Equal(["high"], disagreement.Fields);
        Assert.Equal((120m, 150m), (disagreement.Stored.High, disagreement.Aggregate.High));
        Assert.Equal(before, await StateAsync());
    }

    [Fact]
    public async Task Lists_are_limited_and_have_a_total()
    {
        await SymbolAsync("HOLEY");
        await database.ExecuteAsync(
            """
            DELETE FROM ohlcv_bars
             WHERE symbol = 'HOLEY' AND timeframe = '1h'
               AND extract(day FROM timestamp) IN (13, 14, 15) AND extract(hour FROM timestamp) IN (15, 17)
            """
        );
        await using var api = new ApiServer(database.AppConnection);
        var report = (
            await api.CreateClient().GetFromJsonAsync<QualityResponse>("/v1/quality/HOLEY?timeframe=1h&limit=2&to=2024-06-01", Token)
        )!;
        Assert.Equal((14, 2), (report.TotalGaps, report.Gaps.Count));
        Assert.Equal(report.Gaps.OrderBy(gap => gap.From), report.Gaps);

        // There are bars before and after this range, so missing bars at its ends are gaps as well.
        report = (
            await api.CreateClient()
                .GetFromJsonAsync<QualityResponse>("/v1/quality/HOLEY?timeframe=1h&from=2024-03-13T15:00Z&to=2024-04-15T18:00Z", Token)
        )!;
        Assert.Equal((At(3, 13, 15), At(4, 15, 17)), (report.Gaps[0].From, report.Gaps[^1].From));
    }

    [Fact]
    public async Task A_symbol_without_bars_has_an_empty_report()
    {
        await database.ExecuteAsync("INSERT INTO market.tickers (symbol) VALUES ('EMPTY')");
        await using var api = new ApiServer(database.AppConnection);
        var report = (await api.CreateClient().GetFromJsonAsync<QualityResponse>("/v1/quality/EMPTY", Token))!;
        Assert.Equal(new Coverage(null, null, 0, 0, 0, 0, null, null, null), report.Coverage);
    }

    [Fact]
    public async Task All_invalid_parameters_are_named_at_once()
    {
        await using var api = new ApiServer(database.AppConnection);
        using var response = await api.CreateClient()
            .GetAsync("/v1/quality/%20?timeframe=1w&from=yesterday&to=2024-13-01&limit=1001", Token);
        Assert.Equal(["from", "limit", "symbol", "timeframe", "to"], await response.ReadInvalidNamesAsync());
    }

    [Theory]
    [InlineData("/v1/quality/NOBODY", HttpStatusCode.NotFound)]
    [InlineData("/v1/quality/NOBODY?from=2024-01-02&to=2024-01-02", HttpStatusCode.BadRequest)]
    public async Task An_error_is_a_problem_document(string url, HttpStatusCode expected)
    {
        await using var api = new ApiServer(database.AppConnection);
        using var response = await api.CreateClient().GetAsync(url, Token);
        Assert.Equal((expected, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    private async Task SymbolAsync(string symbol)
    {
        await database.ExecuteAsync($"INSERT INTO market.tickers (symbol, exchange) VALUES ('{symbol}', '{symbol}')");
        await database.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Hours, symbol));
    }

    private Task<string> StateAsync() =>
        database.ScalarAsync<string>(
            """
            SELECT concat(
                (SELECT md5(string_agg(b::text, ',' ORDER BY b::text)) FROM ohlcv_bars b),
                (SELECT sum(version) FROM market.bar_windows))
            """
        );

    private static DateTimeOffset At(int month, int day, int hour) => new(2024, month, day, hour, 0, 0, TimeSpan.Zero);
}
