using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Reflection;
using Npgsql;
using StackExchange.Redis;
using Wyckoff.Api.Pipeline;
using Wyckoff.Bars.Caching;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Telemetry;
using Wyckoff.Timescale;

namespace Wyckoff.Api.Status;

/// <summary>Determines the state of each part of the system independently, with a time limit, and caches it for a few seconds.</summary>
public sealed class StatusSource
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    // Reading sizes touches thousands of files.
    private static readonly TimeSpan TablesLifetime = TimeSpan.FromMinutes(1);

    private readonly Database _database;
    private readonly DatabaseHosts _hosts;
    private readonly ConnectionPoolFigures _pool;
    private readonly RedisConnection _redis;
    private readonly BarCache _cache;
    private readonly TimeProvider _time;
    private readonly ILogger<StatusSource> _logger;
    private readonly ConcurrentDictionary<string, string> _failing = new(StringComparer.Ordinal);
    private readonly Remembered<DatabaseStatus> _databaseStatus;
    private readonly Remembered<MigrationsStatus> _migrations;
    private readonly Remembered<TablesStatus> _tables;
    private readonly Remembered<JobsStatus> _jobs;
    private readonly Remembered<IngestionStatus> _ingestion;
    private readonly Remembered<ReplicationStatus> _replication;
    private readonly Remembered<RedisStatus> _redisStatus;

    public StatusSource(
        Database database,
        DatabaseHosts hosts,
        ConnectionPoolFigures pool,
        RedisConnection redis,
        BarCache cache,
        TimeProvider time,
        ILogger<StatusSource> logger
    )
    {
        (_database, _hosts, _pool, _redis, _cache, _time, _logger) = (database, hosts, pool, redis, cache, time, logger);
        _databaseStatus = new(Lifetime, time, () => PartAsync("database", DatabaseAsync, (state, error) => new(state, error)));
        _migrations = new(Lifetime, time, () => PartAsync("migrations", MigrationsAsync, (state, error) => new(state, error)));
        _jobs = new(Lifetime, time, () => PartAsync("jobs", JobsAsync, (state, error) => new(state, error)));
        _tables = new(TablesLifetime, time, () => PartAsync("tables", TablesAsync, (state, error) => new(state, error)));
        _ingestion = new(Lifetime, time, () => PartAsync("ingestion", IngestionAsync, (state, error) => new(state, error)));
        _replication = new(Lifetime, time, () => PartAsync("replication", ReplicationAsync, (state, error) => new(state, error)));
        _redisStatus = new(Lifetime, time, () => PartAsync("redis", RedisAsync, (state, error) => new(state, error)));
    }

    public async Task<StatusResponse> GetAsync(CancellationToken cancellationToken)
    {
        var (database, migrations, tables, jobs, ingestion, replication, redis) = (
            _databaseStatus.GetAsync(cancellationToken),
            _migrations.GetAsync(cancellationToken),
            _tables.GetAsync(cancellationToken),
            _jobs.GetAsync(cancellationToken),
            _ingestion.GetAsync(cancellationToken),
            _replication.GetAsync(cancellationToken),
            _redisStatus.GetAsync(cancellationToken)
        );
        await Task.WhenAll(database, migrations, tables, jobs, ingestion, replication, redis);
        var all = new StatusResponse(
            "",
            Service(),
            await database,
            await migrations,
            await tables,
            await jobs,
            await ingestion,
            Cache(),
            await redis,
            await replication
        );
        PartState[] others =
        [
            all.Migrations.State,
            all.Tables.State,
            all.Jobs.State,
            all.Ingestion.State,
            all.Redis.State,
            all.Replication.State,
        ];
        return all with
        {
            State =
                all.Database.State != PartState.Ok ? "down"
                : others.Any(state => state is PartState.Away or PartState.Failed) ? "degraded"
                : "ok",
        };
    }

    private ServiceStatus Service()
    {
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime).ToUniversalTime();
        var version =
            typeof(StatusSource).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        return new(version, Environment.MachineName, started, Math.Max(0, (long)(_time.GetUtcNow() - started).TotalSeconds));
    }

    private CacheStatus Cache()
    {
        var figures = _cache.Snapshot();
        var reads = figures.ProcessHits + figures.RedisHits + figures.Rebuilds;
        return new(
            figures.InProcess,
            figures.Redis,
            figures.Windows,
            figures.Bytes,
            figures.ProcessHits,
            figures.RedisHits,
            figures.Rebuilds,
            reads == 0 ? null : Math.Round((decimal)figures.ProcessHits / reads, 4),
            reads == 0 ? null : Math.Round((decimal)(figures.ProcessHits + figures.RedisHits) / reads, 4)
        );
    }

    private Task<DatabaseStatus> DatabaseAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync(
            async (connection, token) =>
            {
                var began = Stopwatch.GetTimestamp();
                await using var command = new NpgsqlCommand("SELECT 1", connection);
                await command.ExecuteScalarAsync(token);
                var latency = Stopwatch.GetElapsedTime(began);
                var edition = await TimescaleEdition.DetectAsync(connection, token);
                var applied = await SchemaVersion.AppliedAsync(connection, token);
                var pool = _pool.Read();
                return new DatabaseStatus(PartState.Ok)
                {
                    LatencyMs = Milliseconds(latency),
                    Server = edition.Server.ToString(),
                    Edition = edition.Edition.ToString(),
                    Timescaledb = edition.Extension?.ToString(),
                    Capabilities = edition.Capabilities,
                    Schema = applied.Count > 0 ? SchemaVersion.NameOf(applied[^1]) : null,
                    Pool = new(pool.Open, pool.Idle, pool.Waiting),
                };
            },
            cancellationToken
        );

    private Task<MigrationsStatus> MigrationsAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync(
            async (connection, token) =>
            {
                var applied = await SchemaVersion.AppliedAsync(connection, token);
                await using var command = new NpgsqlCommand(
                    $"""
                    SELECT from_version, to_version, started_at, duration_ms, outcome, product_version
                      FROM {SchemaVersion.HistorySchema}.migration_runs
                     ORDER BY id DESC
                     LIMIT 20
                    """,
                    connection
                );
                await using var reader = await command.ExecuteReaderAsync(token);
                var runs = new List<MigrationRunStatus>();
                while (await reader.ReadAsync(token))
                {
                    runs.Add(
                        new(
                            await TextAsync(reader, 0, token) is { } from ? SchemaVersion.NameOf(from) : null,
                            SchemaVersion.NameOf(reader.GetString(1)),
                            await reader.GetFieldValueAsync<DateTimeOffset>(2, token),
                            Math.Round(reader.GetDecimal(3), 2),
                            reader.GetString(4),
                            reader.GetString(5)
                        )
                    );
                }

                return new MigrationsStatus(PartState.Ok) { Applied = [.. applied.Select(SchemaVersion.NameOf)], Runs = runs };
            },
            cancellationToken
        );

    private Task<JobsStatus> JobsAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync(
            async (connection, token) =>
                (await TimescaleEdition.DetectAsync(connection, token)).HasHypertables
                    ? new JobsStatus(PartState.Ok) { Jobs = [.. (await StoredJob.ReadAsync(connection, token)).Select(JobStatus.Of)] }
                    : new(PartState.None),
            cancellationToken
        );

    private Task<TablesStatus> TablesAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync(
            async (connection, token) =>
            {
                await using var size = new NpgsqlCommand("SELECT pg_database_size(current_database())", connection);
                var bytes = (long)(await size.ExecuteScalarAsync(token))!;
                var tables = await StoredTable.ReadAsync(connection, await TimescaleEdition.DetectAsync(connection, token), token);
                return new TablesStatus(PartState.Ok) { DatabaseBytes = bytes, Tables = [.. tables.Select(TableStatus.Of)] };
            },
            cancellationToken
        );

    private Task<IngestionStatus> IngestionAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands =
                    {
                        // An open bar ends in the future, which counts as no lag.
                        new(
                            """
                            SELECT timeframe, count(*), max(until),
                                   greatest(extract(epoch FROM clock_timestamp() - max(until)), 0)::bigint
                              FROM market.bar_windows
                             GROUP BY timeframe
                            """
                        ),
                        new(
                            """
                            SELECT count(*) FILTER (WHERE enabled),
                                   count(*) FILTER (WHERE enabled AND live),
                                   count(*) FILTER (WHERE enabled AND next_due <= clock_timestamp()),
                                   greatest(extract(epoch FROM clock_timestamp() - min(next_due) FILTER (WHERE enabled)), 0)::bigint
                              FROM market.feeds
                            """
                        ),
                        new(
                            """
                            SELECT id, status, source, started_at, finished_at, rows_inserted, rows_rejected
                              FROM market.import_batches
                             ORDER BY started_at DESC
                             LIMIT 1
                            """
                        ),
                    },
                };
                await using var reader = await batch.ExecuteReaderAsync(token);
                var timeframes = new List<TimeframeStatus>();
                while (await reader.ReadAsync(token))
                {
                    timeframes.Add(
                        new(
                            reader.GetString(0),
                            reader.GetInt64(1),
                            await NullableAsync<DateTimeOffset>(reader, 2, token),
                            await NullableAsync<long>(reader, 3, token)
                        )
                    );
                }

                await reader.NextResultAsync(token);
                await reader.ReadAsync(token);
                var feeds = new FeedsStatus(
                    reader.GetInt64(0),
                    reader.GetInt64(1),
                    reader.GetInt64(2),
                    await NullableAsync<long>(reader, 3, token) ?? 0
                );
                await reader.NextResultAsync(token);
                var import = await reader.ReadAsync(token)
                    ? new LastImport(
                        reader.GetInt64(0),
                        reader.GetString(1),
                        reader.GetString(2),
                        await reader.GetFieldValueAsync<DateTimeOffset>(3, token),
                        await NullableAsync<DateTimeOffset>(reader, 4, token),
                        reader.GetInt64(5),
                        reader.GetInt64(6)
                    )
                    : null;
                return new IngestionStatus(PartState.Ok)
                {
                    Timeframes = [.. timeframes.OrderBy(timeframe => Timeframe.Parse(timeframe.Timeframe).Width)],
                    Feeds = feeds,
                    LastImport = import,
                };
            },
            cancellationToken
        );

    private async Task<ReplicationStatus> ReplicationAsync(CancellationToken cancellationToken)
    {
        var hosts = await _hosts.AskAsync(cancellationToken);
        return await _database.ReadAsync(
            async (connection, token) =>
            {
                // Without the role pg_read_all_stats, the details of standbys are NULL.
                await using var command = new NpgsqlCommand(
                    """
                    SELECT pg_has_role('pg_read_all_stats', 'USAGE'), application_name, state, sync_state,
                           CASE
                             WHEN NOT pg_is_in_recovery()
                             THEN greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0)::bigint
                           END,
                           extract(epoch FROM replay_lag)::float8, pid
                      FROM (SELECT) AS one
                      LEFT JOIN pg_stat_replication ON true
                     ORDER BY application_name, pid
                    """,
                    connection
                );
                await using var reader = await command.ExecuteReaderAsync(token);
                var standbys = new List<StandbyStatus>();
                var visible = false;
                while (await reader.ReadAsync(token))
                {
                    visible = reader.GetBoolean(0);
                    if (!await reader.IsDBNullAsync(6, token))
                    {
                        standbys.Add(
                            new(
                                await TextAsync(reader, 1, token),
                                await TextAsync(reader, 2, token),
                                await TextAsync(reader, 3, token),
                                await NullableAsync<long>(reader, 4, token),
                                await NullableAsync<double>(reader, 5, token)
                            )
                        );
                    }
                }

                return new ReplicationStatus(PartState.Ok)
                {
                    Visible = visible,
                    Standbys = standbys,
                    Hosts = hosts,
                };
            },
            cancellationToken
        );
    }

    private async Task<RedisStatus> RedisAsync(CancellationToken cancellationToken)
    {
        if (!_redis.IsConfigured)
        {
            return new(PartState.None);
        }

        if (_redis.Current is not { } multiplexer)
        {
            return new(PartState.Away, "It does not respond; reads come from the database.");
        }

        var database = multiplexer.GetDatabase();
        var latency = await database.PingAsync().WaitAsync(cancellationToken);
        // A managed Redis may not allow INFO; its facts are left out then.
        string? info;
        try
        {
            info = (await database.ExecuteAsync("INFO").WaitAsync(cancellationToken)).ToString();
        }
        catch (Exception e) when (e is RedisServerException or RedisCommandException)
        {
            info = null;
        }

        var facts = (info ?? "")
            .Split('\n')
            .Select(line => line.TrimEnd('\r').Split(':', 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return new(PartState.Ok)
        {
            LatencyMs = Milliseconds(latency),
            Version = facts.GetValueOrDefault("redis_version"),
            UsedBytes = Number("used_memory"),
            MaxBytes = Number("maxmemory"),
            Policy = facts.GetValueOrDefault("maxmemory_policy"),
            EvictedKeys = Number("evicted_keys"),
        };

        long? Number(string fact) =>
            long.TryParse(facts.GetValueOrDefault(fact), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private async Task<T> PartAsync<T>(string part, Func<CancellationToken, Task<T>> read, Func<PartState, string, T> failed)
    {
        using var limit = new CancellationTokenSource(TimeLimit, _time);
        try
        {
            // A frozen server does not react to the cancellation either, so WaitAsync stops waiting for it.
            var result = await read(limit.Token).WaitAsync(limit.Token);
            _failing.TryRemove(part, out _);
            return result;
        }
        catch (Exception e)
            when (e
                    is OperationCanceledException
                        or TimeoutException
                        or DbException
                        or RedisException
                        or NotSupportedException
                        or IOException
                        or SocketException
            )
        {
            // The status is public and a message may name hosts, users and SQL, so the message is only logged, once for each change.
            var failure = FailureClass.Of(e);
            if (!_failing.TryGetValue(part, out var before) || before != failure)
            {
                _failing[part] = failure;
                _logger.PartFailed(e, part, failure);
            }

            var away = e is RedisException || failure is FailureClass.Timeout or FailureClass.Away || DatabaseFaults.IsAway(e);
            return failed(
                away ? PartState.Away : PartState.Failed,
                failure switch
                {
                    FailureClass.Timeout => string.Create(
                        CultureInfo.InvariantCulture,
                        $"It did not respond within {TimeLimit.Seconds} s."
                    ),
                    FailureClass.Away => "It does not respond.",
                    FailureClass.Refused => "It refuses connections of this service.",
                    _ => "It responded with an error; see the log.",
                }
            );
        }
    }

    private static async Task<T?> NullableAsync<T>(DbDataReader reader, int column, CancellationToken cancellationToken)
        where T : struct =>
        await reader.IsDBNullAsync(column, cancellationToken) ? null : await reader.GetFieldValueAsync<T>(column, cancellationToken);

    private static async Task<string?> TextAsync(DbDataReader reader, int column, CancellationToken cancellationToken) =>
        await reader.IsDBNullAsync(column, cancellationToken) ? null : await reader.GetFieldValueAsync<string>(column, cancellationToken);

    private static decimal Milliseconds(TimeSpan span) => Math.Round((decimal)span.TotalMilliseconds, 2);
}
