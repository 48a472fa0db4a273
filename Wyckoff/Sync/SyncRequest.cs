using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Sync;

/// <summary>The bars that open within the range are wanted, from a provider if need be.</summary>
public sealed record SyncRequest(Symbol Symbol, Timeframe Timeframe, TimeRange Range, string? Provider = null)
{
    /// <summary>Ask the provider also for what files have filled.</summary>
    public bool IgnoreImports { get; init; }

    /// <summary>At most so many gaps, the newest, are asked for in this run.</summary>
    public int MaxGaps { get; init; } = int.MaxValue;

    /// <summary>Runs first in each transaction that writes; throws when the work belongs to somebody else.</summary>
    public Func<NpgsqlConnection, CancellationToken, Task>? Fence { get; init; }
}

/// <summary>What came of it.</summary>
public sealed record SyncResult(Symbol Symbol, Timeframe Timeframe, string Provider)
{
    public SyncOutcome Outcome { get; init; }

    /// <summary>Bars that the provider sent.</summary>
    public long Fetched { get; init; }

    public long Inserted { get; init; }

    public long Updated { get; init; }

    /// <summary>Bars among them that break a rule; none was written.</summary>
    public long Rejected { get; init; }

    /// <summary>What is wanted, has had time to settle, and is not there for sure. Ranges in which there was no trade are not missing.</summary>
    public IReadOnlyList<TimeRange> StillMissing { get; init; } = [];

    /// <summary>Why it was no success.</summary>
    public string? Error { get; init; }

    /// <summary>Its row in <c>data_sync_log</c>; null when nothing had to be asked.</summary>
    public long? RunId { get; init; }

    /// <summary>The newest bar that is stored, where a provider was asked.</summary>
    public DateTimeOffset? Newest { get; init; }
}
