using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Sync;

/// <summary>A request to have the bars that open within a range stored; missing ones are fetched from a provider.</summary>
public sealed record SyncRequest(Symbol Symbol, Timeframe Timeframe, TimeRange Range, string? Provider = null)
{
    /// <summary>Whether ranges that were filled from files are fetched too.</summary>
    public bool IgnoreImports { get; init; }

    /// <summary>The maximum of gaps to fetch in this run; the newest come first.</summary>
    public int MaxGaps { get; init; } = int.MaxValue;

    /// <summary>Runs at the start of each writing transaction; throws if the lease on the work is lost.</summary>
    public Func<NpgsqlConnection, CancellationToken, Task>? Fence { get; init; }
}

/// <summary>The result of a <see cref="SyncRequest"/>.</summary>
public sealed record SyncResult(Symbol Symbol, Timeframe Timeframe, string Provider)
{
    public SyncOutcome Outcome { get; init; }

    /// <summary>The number of bars that the provider sent.</summary>
    public long Fetched { get; init; }

    public long Inserted { get; init; }

    public long Updated { get; init; }

    /// <summary>The number of invalid bars among them, which were not written.</summary>
    public long Rejected { get; init; }

    /// <summary>
    /// The parts of the range that the provider has not answered for, apart from bars that may still change. Ranges without trades are not
    /// missing.
    /// </summary>
    public IReadOnlyList<TimeRange> StillMissing { get; init; } = [];

    /// <summary>The reason if the outcome is not a success.</summary>
    public string? Error { get; init; }

    /// <summary>The id of the run in <c>data_sync_log</c>; null if nothing had to be fetched.</summary>
    public long? RunId { get; init; }

    /// <summary>The time of the newest stored bar; null if nothing had to be fetched.</summary>
    public DateTimeOffset? Newest { get; init; }
}
