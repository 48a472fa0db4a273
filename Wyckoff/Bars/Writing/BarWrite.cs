using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>What becomes of a bar that is there already.</summary>
public enum ConflictPolicy
{
    /// <summary>It stays as it is, unless it was only aggregated. For files.</summary>
    Skip,

    /// <summary>The one that comes takes its place. For corrections and live bars.</summary>
    Replace,

    /// <summary>Nothing of the batch is written.</summary>
    Fail,
}

/// <summary>Bars of one ticker and timeframe, to be written. In any order; of two with the same time the later in the list wins.</summary>
public sealed record BarSet(int TickerId, Timeframe Timeframe, ReadOnlyMemory<IncomingBar> Bars);

public sealed record BarWriteOptions
{
    /// <summary>Whom the bars are from: a provider's name, <c>import</c>, …; at most 20 characters.</summary>
    public required string Source { get; init; }

    public ConflictPolicy Policy { get; init; }

    /// <summary>
    /// Under <see cref="ConflictPolicy.Skip"/>: bars of the same source created since then are this caller's own, from an earlier batch, and are replaced. So it does not
    /// matter to a file how it is cut into batches: the last of two rows for one bar wins.
    /// </summary>
    public DateTimeOffset? OwnSince { get; init; }

    /// <summary>Coarser timeframes follow, in the same transaction.</summary>
    public bool RollUp { get; init; } = true;

    /// <summary>Spread, ratios and quality are computed. Without, they say nothing until they are recomputed.</summary>
    public bool Derive { get; init; } = true;

    /// <summary>Runs first in the transaction: a fence throws here.</summary>
    public Func<NpgsqlConnection, CancellationToken, Task>? Before { get; init; }

    /// <summary>Runs last in the transaction, so that what the caller keeps about these bars (counts, rejects, coverage, a log row) is committed with them or not at all.</summary>
    public Func<NpgsqlConnection, BarWriteResult, CancellationToken, Task>? After { get; init; }
}

/// <summary>The version a write gave to the bars of a ticker and timeframe, and from the first changed bar to the close of the last.</summary>
public sealed record WrittenRange(int TickerId, Timeframe Timeframe, long Version, TimeRange Range);

/// <summary>What became of the bars of a write. Aggregated bars are not counted.</summary>
public sealed record BarWriteResult
{
    public long Inserted { get; init; }

    public long Updated { get; init; }

    /// <summary>There already: the same, or under <see cref="ConflictPolicy.Skip"/> another.</summary>
    public long Skipped { get; init; }

    /// <summary>Of several bars for one time in the batch, all but the last.</summary>
    public long Duplicates { get; init; }

    /// <summary>One per ticker and timeframe that changed, those that were rolled up included.</summary>
    public IReadOnlyList<WrittenRange> Changes { get; init; } = [];
}

/// <summary>Under <see cref="ConflictPolicy.Fail"/>: a bar is there already.</summary>
public sealed class BarConflictException(string message) : InvalidOperationException(message);
