using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using Npgsql;
using Wyckoff.Api.Status;
using Wyckoff.Postgres;
using Wyckoff.Tests.Api.Faults;
using Wyckoff.Timescale;

namespace Wyckoff.Tests.Api;

public sealed class StatusTests(TestDatabase database, PlainDatabase plain, ApacheDatabase apache)
    : IClassFixture<TestDatabase>,
        IClassFixture<PlainDatabase>,
        IClassFixture<ApacheDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_status_reports_every_part()
    {
        await database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol, timezone) VALUES ('LAGS', 'UTC'), ('FRESH', 'UTC');
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('LAGS', '4h', '2024-06-03 08:00Z', 1, 1, 1, 1, 1),
                   ('FRESH', '1m', date_trunc('minute', now() - interval '10 minutes', 'UTC'), 1, 1, 1, 1, 1);
            INSERT INTO market.feeds (ticker_id, timeframe, provider, since, live, enabled, next_due)
            SELECT id, frame, 'test', '2024-01-01Z', live, enabled, now() + due
              FROM market.tickers,
                   (VALUES ('1m', true, true, interval '-90 seconds'),
                           ('5m', false, true, interval '1 hour'),
                           ('1d', false, false, interval '-1 year')) AS f (frame, live, enabled, due)
             WHERE symbol = 'FRESH';
            INSERT INTO market.import_batches
                (file, sha256, source, status, started_at, finished_at, rows_read, rows_inserted, rows_rejected)
            VALUES ('old.csv', repeat('0', 64), 'import', 'completed', '2024-01-01Z', '2024-01-02Z', 1, 1, 0),
                   ('new.csv', repeat('1', 64), 'import', 'completed', '2024-02-01Z', '2024-02-02Z', 7, 5, 2)
            """
        );
        await using var api = new ApiServer(database.AppConnection, await TestServers.Current.RedisAsync());
        var client = api.CreateClient();
        var status = await UntilAsync(client, now => now.Redis.State == PartState.Ok);

        Assert.Equal("ok", status.State);
        Assert.True(status.Service.UptimeSeconds >= 0 && status.Service.Version.Length > 0);
        Assert.Equal(
            (
                PartState.Ok,
                null,
                database.Edition.Edition.ToString(),
                database.Edition.Extension?.ToString(),
                SchemaVersion.NameOf(SchemaVersion.Required)
            ),
            (status.Database.State, status.Database.Error, status.Database.Edition, status.Database.Timescaledb, status.Database.Schema)
        );
        Assert.True(status.Database.LatencyMs > 0 && status.Database.Pool!.Open > 0);

        var minutes = status.Tables.Tables!.Single(table => table.Name == "market.bars_1m");
        Assert.Equal((1, 0), (minutes.Chunks, minutes.CompressedChunks));
        Assert.True(minutes.Bytes > 0 && status.Tables.DatabaseBytes > minutes.Bytes);

        Assert.Equal(SchemaVersion.NameOf(SchemaVersion.Required), status.Migrations.Applied![^1]);
        Assert.Equal(
            ("completed", SchemaVersion.NameOf(SchemaVersion.Required)),
            (status.Migrations.Runs![0].Outcome, status.Migrations.Runs[0].To)
        );

        var frames = status.Ingestion.Timeframes!;
        Assert.Equal(["1m", "5m", "15m", "30m", "1h", "4h", "1d"], frames.Select(frame => frame.Timeframe));
        Assert.Equal(1, frames[0].Tickers);
        Assert.InRange(frames[0].LagSeconds!.Value, 540, 1200);
        Assert.Equal(2, frames[5].Tickers);
        Assert.InRange(frames[5].LagSeconds!.Value, 0, 600);
        Assert.Equal((2, 1, 1), (status.Ingestion.Feeds!.Enabled, status.Ingestion.Feeds.Live, status.Ingestion.Feeds.Due));
        Assert.InRange(status.Ingestion.Feeds.OverdueSeconds, 90, 1000);
        Assert.Equal(
            ("completed", 5, 2),
            (status.Ingestion.LastImport!.Status, status.Ingestion.LastImport.Inserted, status.Ingestion.LastImport.Rejected)
        );

        Assert.True(status.Redis.LatencyMs > 0 && status.Redis.UsedBytes > 0 && status.Redis.Version is not null);
        Assert.Equal(PartState.Ok, status.Replication.State);
        Assert.Empty(status.Replication.Standbys!);
        Assert.Empty(status.Replication.Hosts!);
    }

    [Fact]
    public async Task The_status_has_the_hit_ratio_of_the_cache()
    {
        await database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol) VALUES ('HOT');
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            VALUES ('HOT', '1d', '2024-06-03Z', 1, 1, 1, 1, 1)
            """
        );
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        Assert.Null((await client.GetFromJsonAsync<StatusResponse>("/v1/status", Token))!.Cache.HitRatio);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/bars/HOT", Token)).StatusCode);
        }

        var cache = (await client.GetFromJsonAsync<StatusResponse>("/v1/status", Token))!.Cache;
        Assert.Equal((1, 3, 1, 0.75m), (cache.Windows, cache.ProcessHits, cache.Rebuilds, cache.HitRatio));
    }

    [Fact]
    public async Task The_status_has_the_share_and_the_ratio_of_compression()
    {
        Assert.SkipUnless(database.Edition.HasPolicies, "Compression needs TimescaleDB's Community edition.");
        await database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol) VALUES ('DENSE');
            INSERT INTO market.bars_5m
                (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, timestamptz '2020-01-02Z' + n * interval '5 minutes', 1, 1, 1, 1, 1, 0, 0, 0, false, 'test'
              FROM market.tickers, generate_series(0, 9999) AS n
             WHERE symbol = 'DENSE';
            SELECT compress_chunk(chunk) FROM show_chunks('market.bars_5m', older_than => timestamptz '2020-01-20Z') AS chunk
            """
        );
        await using var api = new ApiServer(database.AppConnection);
        // A time that never comes is no next run, and lets the scheduler rest. The databases of tests have no jobs that run.
        await database.ExecuteAsync(
            """
            DO $$
            DECLARE job integer;
            BEGIN
              SELECT job_id INTO job
                FROM timescaledb_information.jobs
               WHERE proc_name = 'policy_compression' AND hypertable_name = 'bars_5m';
              PERFORM alter_job(job, scheduled => true, next_start => 'infinity');
            END $$
            """
        );
        var status = (await api.CreateClient().GetFromJsonAsync<StatusResponse>("/v1/status", Token))!;
        Assert.Equal(PartState.Ok, status.Jobs.State);
        var job = status.Jobs.Jobs!.Single(job => job is { Kind: "compression", Table: "market.bars_5m" });
        Assert.True(job is { IsScheduled: true, NextRunAt: null, Failures: 0 } && job.Interval.Length > 0);
        Assert.Contains(
            status.Jobs.Jobs!,
            other => other.Kind == "refresh" && !other.Table!.Contains("_materialized", StringComparison.Ordinal)
        );
        var table = status.Tables.Tables!.Single(table => table.Name == "market.bars_5m");
        Assert.True(table.CompressedChunks > 0 && table.CompressedChunks < table.Chunks);
        Assert.Equal(Math.Round((decimal)table.CompressedChunks / table.Chunks, 4), table.CompressedShare);
        Assert.True(table.CompressionRatio > 2);
    }

    [Fact]
    public async Task The_status_is_complete_without_TimescaleDB_and_with_its_Apache_edition()
    {
        foreach (var (limited, edition) in new (TestDatabase, Edition)[] { (plain, Edition.None), (apache, Edition.Apache) })
        {
            await using var api = new ApiServer(limited.AppConnection);
            var status = (await api.CreateClient().GetFromJsonAsync<StatusResponse>("/v1/status", Token))!;
            Assert.Equal(("ok", edition.ToString(), PartState.None), (status.State, status.Database.Edition, status.Redis.State));
            Assert.Contains(status.Tables.Tables!, table => table.Name == "market.bars_1m" && table.CompressionRatio is null);
            Assert.DoesNotContain(status.Tables.Tables!, table => table.Name.StartsWith("pg_", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_part_that_does_not_respond_delays_no_other_part_and_is_queried_only_once()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        await using var holder = await database.Admin.OpenConnectionAsync(Token);
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using (var hold = new NpgsqlCommand("LOCK TABLE market.feeds IN ACCESS EXCLUSIVE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        var requests = Enumerable.Range(0, 30).Select(_ => client.GetFromJsonAsync<StatusResponse>("/v1/status", Token)).ToList();
        const string waiting = """
            SELECT count(*)
              FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'wyckoff_app' AND wait_event_type = 'Lock'
            """;
        await Eventually.GetAsync(() => database.ScalarAsync<long>(waiting), count => count > 0);
        Assert.Equal(1, await database.ScalarAsync<long>(waiting));
        foreach (var status in await Task.WhenAll(requests))
        {
            Assert.Equal(
                ("degraded", PartState.Away, PartState.Ok, PartState.Ok),
                (status!.State, status.Ingestion.State, status.Database.State, status.Tables.State)
            );
            Assert.Contains("within 3 s", status.Ingestion.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_status_follows_Redis_and_PostgreSQL_when_they_stop_and_return()
    {
        var server = await TestServers.Current.OwnPostgresAsync("status");
        var redis = await TestServers.OwnRedisAsync();
        var port = server.Port;
        Assert.Equal(0, (await Migrations.RunAsync(server.ConnectionString("wyckoff"))).ExitCode);
        await using var api = new ApiServer(TestServers.AppConnection(server), $"{redis.ConnectionString},connectRetry=1,syncTimeout=500");
        var client = api.CreateClient();
        await UntilAsync(client, status => status.State == "ok");

        Signals.Kill(redis.Pid);
        await UntilAsync(
            client,
            status => status is { State: "degraded", Redis.State: PartState.Away, Redis.Error: not null, Database.State: PartState.Ok }
        );
        await redis.DisposeAsync();

        Signals.Kill(server.Pid);
        var down = await UntilAsync(
            client,
            status =>
                status
                    is {
                        State: "down",
                        Database: { State: PartState.Away, Error: not null },
                        Ingestion.State: PartState.Away,
                        Replication.State: PartState.Away,
                    }
        );
        // Messages of the driver contain the address of the server and must not be published.
        const string published = "^It (does not respond|did not respond within 3 s|refuses connections of this service)\\.$";
        Assert.All([down.Database.Error, down.Ingestion.Error, down.Replication.Error], error => Assert.Matches(published, error));
        await server.DisposeAsync();

        await using var again = await TestServers.Current.OwnPostgresAsync("status", port);
        await UntilAsync(client, status => status is { State: "degraded", Database.State: PartState.Ok, Ingestion.State: PartState.Ok });
    }

    [Fact]
    public async Task Query_parameters_are_rejected()
    {
        await using var api = new ApiServer(database.AppConnection);
        Assert.Equal(HttpStatusCode.BadRequest, (await api.CreateClient().GetAsync("/v1/status?verbose=true", Token)).StatusCode);
    }

    private static Task<StatusResponse> UntilAsync(
        HttpClient client,
        Func<StatusResponse, bool> condition,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    ) =>
        Eventually.GetAsync(
            async () =>
            {
                using var response = await client.GetAsync("/v1/status", Token);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                return (await response.Content.ReadFromJsonAsync<StatusResponse>(Token))!;
            },
            condition,
            condition: text
        );
}
