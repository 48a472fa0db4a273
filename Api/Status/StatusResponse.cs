using System.Text.Json.Serialization;
using Wyckoff.Postgres;
using Wyckoff.Timescale;

namespace Wyckoff.Api.Status;

/// <summary>How the system is. 'state' is ok, degraded (a part is away that can be done without for a while) or down (the database is).</summary>
public sealed record StatusResponse(
    string State,
    ServiceStatus Service,
    DatabaseStatus Database,
    TablesStatus Tables,
    IngestionStatus Ingestion,
    CacheStatus Cache,
    RedisStatus Redis,
    ReplicationStatus Replication
);

/// <summary>How a part is: ok; none, when there is none; away, when it does not answer; failed, when it answers, but not what was asked.</summary>
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

/// <summary>A part of the system. 'error' says why its state is away or failed; then there is nothing else.</summary>
public abstract record Part(PartState State, string? Error);

/// <summary>This process.</summary>
public sealed record ServiceStatus(string Version, string Host, DateTimeOffset StartedAt, long UptimeSeconds);

public sealed record DatabaseStatus(PartState State, string? Error = null) : Part(State, Error)
{
    /// <summary>Of a query that does nothing.</summary>
    public decimal? LatencyMs { get; init; }

    /// <summary>The version of PostgreSQL.</summary>
    public string? Server { get; init; }

    /// <summary>None, Apache or Community.</summary>
    public string? Edition { get; init; }

    /// <summary>The version of the extension.</summary>
    public string? Timescaledb { get; init; }

    public string? Capabilities { get; init; }

    /// <summary>The newest migration.</summary>
    public string? Schema { get; init; }

    /// <summary>Connections of this process.</summary>
    public PoolStatus? Pool { get; init; }
}

/// <summary>Connections that are open, those of them that nobody uses, and requests that wait for one.</summary>
public sealed record PoolStatus(long Open, long Idle, long Waiting);

/// <summary>What is stored, as of a minute ago at most.</summary>
public sealed record TablesStatus(PartState State, string? Error = null) : Part(State, Error)
{
    public long? DatabaseBytes { get; init; }

    /// <summary>The hypertables; all tables where there is no TimescaleDB.</summary>
    public IReadOnlyList<TableStatus>? Tables { get; init; }
}

/// <summary>A table. 'rows' is what the statistics expect, 'compressedShare' how many of the chunks are compressed, 'compressionRatio' how many times smaller those are.</summary>
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

/// <summary>What comes in.</summary>
public sealed record IngestionStatus(PartState State, string? Error = null) : Part(State, Error)
{
    public IReadOnlyList<TimeframeStatus>? Timeframes { get; init; }

    public FeedsStatus? Feeds { get; init; }

    public LastImport? LastImport { get; init; }
}

/// <summary>The bars of all tickers in one timeframe: of how many tickers there are any, where the newest ends, and how long ago that is; 0 while it is open.</summary>
public sealed record TimeframeStatus(string Timeframe, long Tickers, DateTimeOffset? NewestEnds, long? LagSeconds);

/// <summary>What is kept current: feeds that are enabled, those of them that are live too, those that are due, and for how long the first of them has been.</summary>
public sealed record FeedsStatus(long Enabled, long Live, long Due, long OverdueSeconds);

/// <summary>The import that began last. Status is running, completed or failed.</summary>
public sealed record LastImport(
    long Id,
    string Status,
    string Source,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    long Inserted,
    long Rejected
);

/// <summary>The recent windows of this process: what it holds of them, and how often it found one here, in Redis, or had to read it. Ratios are of all that were asked for; null before the first.</summary>
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

    /// <summary>0: as many as there are.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>What goes when they are used up.</summary>
    public string? Policy { get; init; }

    public long? EvictedKeys { get; init; }
}

/// <summary>Who follows the primary.</summary>
public sealed record ReplicationStatus(PartState State, string? Error = null) : Part(State, Error)
{
    /// <summary>Whether the role of this service may see more of a standby than that it is there.</summary>
    public bool? Visible { get; init; }

    public IReadOnlyList<StandbyStatus>? Standbys { get; init; }

    /// <summary>The servers the connection string names, where it names several.</summary>
    public IReadOnlyDictionary<string, HostHealth>? Hosts { get; init; }
}

/// <summary>A standby as the primary sees it.</summary>
public sealed record StandbyStatus(string? Name, string? State, string? Sync, long? LagBytes, double? LagSeconds);
