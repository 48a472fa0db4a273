using System.Net;
using System.Net.Http.Json;
using Wyckoff.Api;
using Wyckoff.Quality;

namespace Wyckoff.Tests.Api;

public sealed class QualityScoresTests(TestDatabase database) : ApiTestBase(database)
{
    [Fact]
    public async Task Scores_of_the_newest_bars_are_aggregated_per_symbol()
    {
        await Database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol, timezone) VALUES ('GOOD', 'UTC'), ('FLAWED', 'UTC'), ('BARE', 'UTC');
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            SELECT symbol, '1d', timestamptz '2010-01-01Z' + n * interval '1 day', 100, 101, 99, 100,
                   CASE WHEN symbol = 'FLAWED' AND n IN (5, 97) THEN 0 ELSE 10 END
              FROM generate_series(0, 99) AS n, (VALUES ('GOOD'), ('FLAWED')) AS s (symbol)
            """
        );
        var expected = await Database.ScalarAsync<decimal>(
            "SELECT round(avg(quality_score), 4) FROM ohlcv_bars WHERE symbol = 'FLAWED' AND timestamp >= '2010-03-02Z'"
        );
        var lowest = await Database.ScalarAsync<decimal>(
            "SELECT min(quality_score) FROM ohlcv_bars WHERE symbol = 'FLAWED' AND timestamp >= '2010-03-02Z'"
        );
        var scores = (await Client.GetFromJsonAsync<QualityScoresResponse>("/v1/quality?symbols=flawed,BARE,GOOD,FLAWED&last=40", Token))!;
        Assert.Equal(("1d", 40), (scores.Timeframe, scores.Last));
        Assert.Equal(
            [
                new QualityScore("FLAWED", 40, At(2010, 3, 2), At(2010, 4, 10), expected, lowest, 1),
                new QualityScore("BARE", 0, null, null, null, null, 0),
                new QualityScore("GOOD", 40, At(2010, 3, 2), At(2010, 4, 10), 1, 1, 0),
            ],
            scores.Scores
        );
        Assert.Equal(100, (await Client.GetFromJsonAsync<QualityScoresResponse>("/v1/quality?symbols=GOOD", Token))!.Scores[0].Bars);
    }

    [Fact]
    public async Task Unknown_symbols_are_named()
    {
        using var response = await Client.GetAsync("/v1/quality?symbols=NOBODY,NOTHING", Token);
        Assert.Equal(
            ["NOBODY", "NOTHING"],
            (await response.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-symbol"))
                .GetProperty("symbols")
                .EnumerateArray()
                .Select(symbol => symbol.GetString())
        );
    }

    [Theory]
    [InlineData("", "symbols")]
    [InlineData("symbols=A%20B&timeframe=1w&last=0&from=2024-01-01", "from", "last", "symbols", "timeframe")]
    public async Task All_invalid_parameters_are_named_at_once(string query, params string[] invalid)
    {
        using var response = await Client.GetAsync("/v1/quality?" + query, Token);
        Assert.Equal(invalid, await response.ReadInvalidNamesAsync());
    }

    private static DateTimeOffset At(int year, int month, int day) => new(year, month, day, 0, 0, 0, TimeSpan.Zero);
}
