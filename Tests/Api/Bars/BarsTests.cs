using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Wyckoff.Api.Bars;

namespace Wyckoff.Tests.Api.Bars;

public sealed class BarsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_newest_bars_of_the_range_come_oldest_first_however_far_apart_they_lie()
    {
        // With one bar a year, the reader has to widen its span several times.
        await database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol) VALUES ('FAR');
            INSERT INTO market.bars_1d (ticker_id, timestamp, open, high, low, close, volume,
                                        spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, make_timestamptz(1990 + n, 1, 2, 0, 0, 0, 'UTC'), n + 1, n + 1.5, n + 0.5, n + 1, n, 1, 1, 1, true, 'test'
              FROM market.tickers, generate_series(0, 30) AS n
             WHERE symbol = 'FAR'
            """
        );
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();

        var newest = (await client.GetFromJsonAsync<BarsResponse>("/v1/bars/far?limit=3&timeframe=1Day", Token))!;
        Assert.Equal(("FAR", "1d", 3), (newest.Symbol, newest.Timeframe, newest.Count));
        Assert.Equal([2018, 2019, 2020], newest.Bars!.Select(bar => bar.Timestamp.Year));

        var range = (await client.GetFromJsonAsync<BarsResponse>("/v1/bars/FAR?from=1995-01-02&to=1998-01-02", Token))!;
        Assert.Equal([1995, 1996, 1997], range.Bars!.Select(bar => bar.Timestamp.Year));
        Assert.Equal(31, (await client.GetFromJsonAsync<BarsResponse>("/v1/bars/FAR", Token))!.Count);
    }

    [Fact]
    public async Task All_invalid_parameters_are_reported_at_once_with_the_trace_id()
    {
        await using var api = new ApiServer(database.AppConnection);
        using var response = await api.CreateClient().GetAsync("/v1/bars/%20?timeframe=1v&from=yesterday&to=2024-13-01&limit=0", Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(
            ["from", "limit", "symbol", "timeframe", "to"],
            problem.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal)
        );
        Assert.Contains(
            "1m, 5m, 15m, 30m, 1h, 4h, 1d",
            problem.GetProperty("errors").GetProperty("timeframe")[0].GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(32, problem.GetProperty("traceId").GetString()!.Length);
    }

    [Theory]
    [InlineData("/v1/bars/NOBODY", HttpStatusCode.NotFound)]
    [InlineData("/v1/nothing", HttpStatusCode.NotFound)]
    [InlineData("/v1/bars/X?limit=many", HttpStatusCode.BadRequest)]
    [InlineData("/v1/bars/X?from=2024-01-02&to=2024-01-02", HttpStatusCode.BadRequest)]
    public async Task An_error_is_a_problem_document(string url, HttpStatusCode expected)
    {
        await using var api = new ApiServer(database.AppConnection);
        using var response = await api.CreateClient().GetAsync(url, Token);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_OpenAPI_document_and_its_page_are_served()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        var document = await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/bars/{symbol}", out _));
        Assert.Contains("openapi/v1.json", await client.GetStringAsync("/docs", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_does_not_start_on_a_schema_it_was_not_built_for()
    {
        var empty = await database.Server.EmptyAsync();
        Assert.Contains("The database is at schema 'none'", await RefusalAsync(empty), StringComparison.Ordinal);
        await database.Server.DropAsync(empty);

        var other = await database.Server.CloneAsync();
        await using (var source = NpgsqlDataSource.Create(other))
        {
            await using var change = source.CreateCommand("UPDATE public.migration_runs SET objects_hash = 'another'");
            await change.ExecuteNonQueryAsync(Token);
        }

        Assert.Contains(
            "functions and views of the database are those of another build (hash another)",
            await RefusalAsync(other),
            StringComparison.Ordinal
        );
        await database.Server.DropAsync(other);

        static async Task<string> RefusalAsync(string connection)
        {
            var (exitCode, _, error) = await Run.DotnetAsync(
                "Api",
                [],
                new()
                {
                    ["ConnectionStrings__wyckoff"] = connection,
                    ["Wyckoff__Database__StartupWait"] = "00:00:01",
                    ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                }
            );
            Assert.Equal(1, exitCode);
            var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Contains("run MigrationService", line, StringComparison.Ordinal);
            return line;
        }
    }

    [Theory]
    [InlineData("ConnectionStrings__wyckoff", "", "ConnectionStrings:wyckoff")]
    [InlineData("ConnectionStrings__wyckoff", "nonsense", "ConnectionStrings:wyckoff")]
    [InlineData("Wyckoff__Database__MaxPoolSize", "0", "MaxPoolSize")]
    [InlineData("Wyckoff__Database__MinPoolSize", "30", "MinPoolSize")]
    public async Task An_invalid_option_prevents_the_start_and_is_named(string key, string value, string named)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__wyckoff"] = database.AppConnection,
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
        };
        environment[key] = value;
        var (exitCode, _, error) = await Run.DotnetAsync("Api", [], environment);
        Assert.Equal(1, exitCode);
        Assert.Contains(named, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
