using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Ingestor.Indicators;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Indicators;

public sealed class IndicatorWorkerTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Indicators_follow_the_bars_in_all_timeframes_but_1m()
    {
        using var worker = Worker(Redis());
        var ticker = await WriteAsync(Redis(), "FOLLOWED", 500);
        await worker.RunOnceAsync(Token);
        Assert.Equal(["15m:34", "1d:1", "1h:9", "30m:17", "4h:3", "5m:100"], await RowsAsync(ticker));
        Assert.Equal(0, await worker.RunOnceAsync(Token));
        Assert.Equal(HealthStatus.Healthy, (await worker.CheckHealthAsync(new(), Token)).Status);
    }

    [Fact]
    public async Task A_redis_message_triggers_an_update_before_the_next_poll()
    {
        await using var redis = Redis(await TestServers.Current.RedisAsync());
        await redis.StartAsync(Token);
        await Eventually.HoldsAsync(() => redis.Current is not null);
        using var worker = Worker(redis, every: TimeSpan.FromHours(1));
        // Brings everything up to date, so that the worker goes to sleep when it starts.
        await worker.RunOnceAsync(Token);
        await worker.StartAsync(Token);
        var asked = redis.Current!.GetDatabase();
        await Eventually.GetAsync(() => asked.ExecuteAsync("PUBSUB", "NUMSUB", BarWriter.Channel), listeners => (long)listeners[1] > 0);
        var ticker = await WriteAsync(redis, "HINTED", 10);
        await Eventually.GetAsync(() => RowsAsync(ticker), rows => rows.Length == 6, rows => string.Join(' ', rows));
        await worker.StopAsync(Token);
    }

    [Fact]
    public async Task Several_workers_share_the_work_without_duplicate_rows()
    {
        var ticker = await WriteAsync(Redis(), "SHARED", 3000);
        using var one = Worker(Redis());
        using var other = Worker(Redis());
        while ((await Task.WhenAll(one.RunOnceAsync(Token), other.RunOnceAsync(Token))).Any(found => found > 0)) { }

        Assert.Equal(["15m:200", "1d:3", "1h:50", "30m:100", "4h:13", "5m:600"], await RowsAsync(ticker));
    }

    [Fact]
    public async Task A_failing_window_does_not_stop_others_and_is_retried()
    {
        var (broken, whole) = (await WriteAsync(Redis(), "BROKEN", 10), await WriteAsync(Redis(), "WHOLE", 10));
        await database.ExecuteAsync(
            $"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON market.indicator_windows FOR EACH ROW WHEN (NEW.ticker_id = {broken})
              EXECUTE FUNCTION refuse()
            """
        );
        var time = new Later();
        using var worker = Worker(Redis(), time: time);
        await worker.RunOnceAsync(Token);
        Assert.Equal((0, 6), (await WindowsAsync(broken), await WindowsAsync(whole)));
        Assert.Equal(HealthStatus.Healthy, (await worker.CheckHealthAsync(new(), Token)).Status);
        time.Now += TimeSpan.FromMinutes(6);
        var health = await worker.CheckHealthAsync(new(), Token);
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.EndsWith(": error", health.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("refused", health.Description, StringComparison.Ordinal);

        await database.ExecuteAsync("DROP FUNCTION refuse CASCADE");
        await worker.RunOnceAsync(Token);
        Assert.Equal((6, 6), (await WindowsAsync(broken), (await RowsAsync(broken)).Length));
    }

    [Fact]
    public async Task Recompute_corrects_wrong_values_and_reports_them()
    {
        var ticker = await WriteAsync(Redis(), "WRONG", 3000);
        var right = await StateAsync(ticker, indicators: false);
        await database.ExecuteAsync(
            """
            UPDATE market.bars_1m SET spread = 7 WHERE ticker_id = $1 AND timestamp = '2024-01-01 10:00Z';
            UPDATE market.bars_15m SET close = low WHERE ticker_id = $1 AND timestamp = '2024-01-02 10:00Z';
            DELETE FROM market.bars_1d WHERE ticker_id = $1 AND timestamp = '2024-01-01';
            UPDATE market.bars_1h SET volume_ratio = 9 WHERE ticker_id = $1 AND timestamp = '2024-01-02 10:00Z'
            """.Replace("$1", ticker.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
        );
        var (exitCode, output, error) = await RecomputeAsync("--symbol", "wrong");
        Assert.True(exitCode == 0, error + output);
        Assert.Equal(right, await StateAsync(ticker, indicators: false));
        Assert.Contains("WRONG                5m   roll-ups    1 range was not right", output, StringComparison.Ordinal);
        Assert.Contains(
            "WRONG                1h   indicators  50 bars, 50 rows were not right, 0 had no bar",
            output,
            StringComparison.Ordinal
        );

        right = await StateAsync(ticker, indicators: true);
        (exitCode, output, error) = await RecomputeAsync("--all", "--indicators", "--timeframe", "1h,1d");
        Assert.True(exitCode == 0, error + output);
        Assert.Contains("WRONG                1h   indicators  50 bars, 0 rows were not right", output, StringComparison.Ordinal);
        Assert.DoesNotContain("derived", output, StringComparison.Ordinal);
        (_, output, _) = await RecomputeAsync("--symbol", "WRONG", "--derived", "--roll-ups");
        Assert.All(
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.EndsWith("all right", line, StringComparison.Ordinal)
        );
        Assert.Equal(right, await StateAsync(ticker, indicators: true));
    }

    [Theory]
    [InlineData("one of the two is expected", "--derived")]
    [InlineData("one of the two is expected", "--all", "--symbol", "A")]
    [InlineData("'1w' is not a timeframe", "--all", "--timeframe", "1h,1w")]
    [InlineData("there is no symbol 'NOBODY'", "--symbol", "NOBODY")]
    public async Task Recompute_refuses_wrong_arguments_in_one_line(string why, params string[] arguments)
    {
        var (exitCode, _, error) = await RecomputeAsync(arguments);
        Assert.Equal(1, exitCode);
        Assert.Contains(why, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_timeframe_in_the_configuration_is_named_in_the_error()
    {
        var (exitCode, _, error) = await Run.DotnetAsync(
            "Ingestor",
            ["recompute", "--all"],
            new()
            {
                ["ConnectionStrings__wyckoff"] = database.AppConnection,
                ["Wyckoff__Indicators__Timeframes"] = "1h,2h",
                ["Logging__LogLevel__Default"] = "None",
            }
        );
        Assert.Equal(1, exitCode);
        Assert.Contains("Wyckoff:Indicators:Timeframes: '2h'", error, StringComparison.Ordinal);
    }

    private sealed class Later : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private IndicatorWorker Worker(RedisConnection redis, TimeSpan? every = null, TimeProvider? time = null) =>
        new(
            new(database.App, TimeProvider.System),
            redis,
            Options.Create(new IndicatorOptions { Every = every ?? TimeSpan.FromSeconds(5) }),
            time ?? TimeProvider.System,
            NullLogger<IndicatorWorker>.Instance
        );

    private static RedisConnection Redis(string? connection = null) =>
        new(
            new ConfigurationBuilder()
                .AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:cache"] = connection })
                .Build(),
            NullLogger<RedisConnection>.Instance
        );

    // Writes consecutive 1m bars from 1 January 2024 on, of a ticker that trades around the clock in UTC.
    private async Task<int> WriteAsync(RedisConnection redis, string symbol, int minutes)
    {
        var tickers = new TickerDirectory(database.App);
        var ticker = await tickers.GetOrAddAsync(Symbol.Parse(symbol), Token, "UTC", "crypto");
        var start = IncomingBar.TimeOf(new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var bars = Enumerable
            .Range(0, minutes)
            .Select(i => new IncomingBar(
                start + i * 60_000_000L,
                100 * IncomingBar.One + i % 17,
                103 * IncomingBar.One + i % 13,
                99 * IncomingBar.One - i % 7,
                101 * IncomingBar.One + i % 11,
                (5 + i % 3) * IncomingBar.One
            ))
            .ToArray();
        await new BarWriter(database.App, tickers, redis).WriteAsync(
            [new(ticker.Id, Timeframe.Minute1, bars)],
            new() { Source = "test" },
            Token
        );
        return ticker.Id;
    }

    private Task<string[]> RowsAsync(int ticker) =>
        database.ScalarAsync<string[]>(
            """
            SELECT coalesce(array_agg(timeframe || ':' || rows ORDER BY timeframe COLLATE "C"), '{}')
              FROM (SELECT timeframe, count(*) AS rows FROM market.indicators WHERE ticker_id = $1 GROUP BY timeframe) r
            """,
            ticker
        );

    private Task<long> WindowsAsync(int ticker) =>
        database.ScalarAsync<long>("SELECT count(*) FROM market.indicator_windows WHERE ticker_id = $1", ticker);

    private Task<string> StateAsync(int ticker, bool indicators) =>
        database.ScalarAsync<string>(
            $"""
            SELECT concat((SELECT
              string_agg(md5((b.symbol, b.timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.spread, b.spread_ratio,
              b.volume_ratio, b.quality_score, b.source)::text), ',' ORDER BY b.timeframe, b.timestamp) FROM ohlcv_bars b
              WHERE ticker_id = $1),
                          (SELECT string_agg(md5(i::text), ',' ORDER BY i.timeframe, i.timestamp) FROM market.indicators i
                            WHERE ticker_id = $1 AND {indicators}))
            """,
            ticker
        );

    private Task<(int ExitCode, string Output, string Error)> RecomputeAsync(params string[] arguments) =>
        Run.DotnetAsync(
            "Ingestor",
            ["recompute", .. arguments],
            new() { ["ConnectionStrings__wyckoff"] = database.AppConnection, ["Logging__LogLevel__Default"] = "None" }
        );
}
