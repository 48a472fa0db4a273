using System.Text.Json.Serialization;
using Wyckoff.Postgres;
using Wyckoff.Timescale;

namespace Wyckoff.Api.Status;

/// <summary>The state of the system: ok, degraded (a part fails that is not vital) or down (the database fails).</summary>
public sealed record StatusResponse(
    string State,
    ServiceStatus Service,
    DatabaseStatus Database,
    MigrationsStatus Migrations,
    TablesStatus Tables,
    JobsStatus Jobs,
    IngestionStatus Ingestion,
    CacheStatus Cache,
    RedisStatus Redis,
    ReplicationStatus Replication
);

/// <summary>The state of a part: ok, none (not configured), away (it does not respond) or failed (it responds with an error).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PartState>))]
public enum PartState
{
    [JsonStringEnumMemberName("ok")]
    Ok,

    [JsonStringEnumMemberName("none")]
    None,

    [JsonStringEnumMemberName("away")]
    Away,

    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>A part of the system. If its state is away or failed, 'error' has the reason and all other properties are null.</summary>
public abstract record Part(PartState State, string? Error);

/// <summary>This process.</summary>
public sealed record ServiceStatus(string Version, string Host, DateTimeOffset StartedAt, long UptimeSeconds);

public sealed record DatabaseStatus(PartState State, string? Error = null) : Part(State, Error)
{
    /// <summary>The duration of SELECT 1.</summary>
    public decimal? LatencyMs { get; init; }

    /// <summary>The version of PostgreSQL.</summary>
    public string? Server { get; init; }

    /// <summary>None, Apache or Community.</summary>
    public string? Edition { get; init; }

    /// <summary>The version of the TimescaleDB extension.</summary>
    public string? Timescaledb { get; init; }

    /// <summary>The TimescaleDB features in use.</summary>
    public string? Capabilities { get; init; }

    /// <summary>The newest applied migration.</summary>
    public string? Schema { get; init; }

    /// <summary>The connection pools of this process.</summary>
    public PoolStatus? Pool { get; init; }
}

/// <summary>The numbers of open and idle connections, and of requests that wait for a connection.</summary>
public sealed record PoolStatus(long Open, long Idle, long Waiting);

/// <summary>The sizes of tables, at most a minute old.</summary>
public sealed record TablesStatus(PartState State, string? Error = null) : Part(State, Error)
{
    public long? DatabaseBytes { get; init; }

    /// <summary>The hypertables; all tables if there is no TimescaleDB.</summary>
    public IReadOnlyList<TableStatus>? Tables { get; init; }
}

/// <summary>
/// A table. 'rows' is an estimate, 'compressionRatio' the size of the compressed chunks before compression divided by their size after it.
/// </summary>
public sealed record TableStatus(
    string Name,
    string? ChunkInterval,
    long Chunks,
    long CompressedChunks,
    decimal? CompressedShare,
    decimal? CompressionRatio,
    long Rows,
    long Bytes
)
{
    public static TableStatus Of(StoredTable table) =>
        new(
            table.Name,
            table.Chunk,
            table.Chunks,
            table.CompressedChunks,
            table.Chunks == 0 ? null : Math.Round((decimal)table.CompressedChunks / table.Chunks, 4),
            table is { BytesBefore: { } before, BytesAfter: > 0 and var after } ? Math.Round((decimal)before / after, 2) : null,
            table.Rows,
            table.Bytes
        );
}

/// <summary>The schema of the database, and the latest runs of MigrationService that changed it or failed.</summary>
public sealed record MigrationsStatus(PartState State, string? Error = null) : Part(State, Error)
{
    /// <summary>The applied migrations, oldest first.</summary>
    public IReadOnlyList<string>? Applied { get; init; }

    /// <summary>At most 20 runs, newest first.</summary>
    public IReadOnlyList<MigrationRunStatus>? Runs { get; init; }
}

/// <summary>A run of MigrationService. 'outcome' is completed or failed; the log has the error.</summary>
public sealed record MigrationRunStatus(
    string? From,
    string To,
    DateTimeOffset StartedAt,
    decimal DurationMs,
    string Outcome,
    string ProductVersion
);

/// <summary>The policies of TimescaleDB: compression, retention, refresh. State is none without TimescaleDB.</summary>
public sealed record JobsStatus(PartState State, string? Error = null) : Part(State, Error)
{
    public IReadOnlyList<JobStatus>? Jobs { get; init; }
}

/// <summary>
/// A policy and its last run. 'kind' is compression, retention, refresh or the name of another procedure; 'lastResult' is success or
/// failed, and null before the end of the first run.
/// </summary>
public sealed record JobStatus(
    long Id,
    string Kind,
    string? Table,
    string Interval,
    bool IsScheduled,
    DateTimeOffset? LastRunAt,
    string? LastResult,
    decimal? LastDurationMs,
    DateTimeOffset? NextRunAt,
    long Runs,
    long Failures
)
{
    public static JobStatus Of(StoredJob job) =>
        new(
            job.Id,
            job.Procedure switch
            {
                "policy_compression" => "compression",
                "policy_retention" => "retention",
                "policy_refresh_continuous_aggregate" => "refresh",
                var other => other,
            },
            job.Table,
            job.Interval,
            job.IsScheduled,
            job.LastRunAt,
            job.LastResult?.ToLowerInvariant(),
            job.LastDurationMs,
            job.NextRunAt,
            job.Runs,
            job.Failures
        );
}

/// <summary>The progress of imports and feeds.</summary>
public sealed record IngestionStatus(PartState State, string? Error = null) : Part(State, Error)
{
    public IReadOnlyList<TimeframeStatus>? Timeframes { get; init; }

    public FeedsStatus? Feeds { get; init; }

    public LastImport? LastImport { get; init; }
}

/// <summary>A timeframe: the number of tickers with bars, the end of the newest bar, and the time since then (0 if it is open).</summary>
public sealed record TimeframeStatus(string Timeframe, long Tickers, DateTimeOffset? NewestEnds, long? LagSeconds);

/// <summary>The numbers of enabled, live and due feeds, and for how long the oldest due feed has been due.</summary>
public sealed record FeedsStatus(long Enabled, long Live, long Due, long OverdueSeconds);

/// <summary>The newest import. Status is running, completed, failed or interrupted.</summary>
public sealed record LastImport(
    long Id,
    string Status,
    string Source,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    long Inserted,
    long Rejected
);

/// <summary>
/// The cache of recent bars: its size in this process, hits in the process and in Redis, and rebuilds from the database. The ratios are of
/// all reads; null before the first.
/// </summary>
public sealed record CacheStatus(
    bool InProcess,
    bool Redis,
    int Windows,
    long Bytes,
    long ProcessHits,
    long RedisHits,
    long Rebuilds,
    decimal? ProcessHitRatio,
    decimal? HitRatio
);

public sealed record RedisStatus(PartState State, string? Error = null) : Part(State, Error)
{
    public decimal? LatencyMs { get; init; }

    public string? Version { get; init; }

    public long? UsedBytes { get; init; }

    /// <summary>The memory limit; 0 for none.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>The eviction policy at the memory limit.</summary>
    public string? Policy { get; init; }

    public long? EvictedKeys { get; init; }
}

/// <summary>The standbys of the primary.</summary>
public sealed record ReplicationStatus(PartState State, string? Error = null) : Part(State, Error)
{
    /// <summary>Whether the database role of this service may see the details of standbys.</summary>
    public bool? Visible { get; init; }

    public IReadOnlyList<StandbyStatus>? Standbys { get; init; }

    /// <summary>The servers of the connection string, if it names several.</summary>
    public IReadOnlyDictionary<string, HostHealth>? Hosts { get; init; }
}

/// <summary>A standby as the primary sees it.</summary>
public sealed record StandbyStatus(string? Name, string? State, string? Sync, long? LagBytes, double? LagSeconds);
