using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>What to do with a bar if a different one is stored at the same time.</summary>
public enum ConflictPolicy
{
    /// <summary>Keep the stored bar, unless it was aggregated. For files.</summary>
    Skip,

    /// <summary>Replace the stored bar. For corrections and live bars.</summary>
    Replace,

    /// <summary>Write nothing of the batch, and throw.</summary>
    Fail,
}

/// <summary>Bars of one window to be written, in any order. Of several bars with the same timestamp the last in the list wins.</summary>
public sealed record BarSet(int TickerId, Timeframe Timeframe, ReadOnlyMemory<IncomingBar> Bars);

public sealed record BarWriteOptions
{
    /// <summary>Where the bars are from: a provider's name, <c>import</c>, and so on. At most 20 characters.</summary>
    public required string Source { get; init; }

    public ConflictPolicy Policy { get; init; }

    /// <summary>
    /// The import that the bars belong to; null if they are from elsewhere. Bars that this import wrote in an earlier batch are replaced
    /// under every policy, so the last row of a file for a bar wins, however the file is cut into batches. What undoing the import needs
    /// is kept: see <see cref="ImportTrail"/>.
    /// </summary>
    public long? ImportId { get; init; }

    /// <summary>Whether the bars are rolled up into coarser timeframes, in the same transaction.</summary>
    public bool RollUp { get; init; } = true;

    /// <summary>Whether spread, ratios and quality are derived. If not, they are meaningless until they are recomputed.</summary>
    public bool Derive { get; init; } = true;

    /// <summary>Runs first in the transaction. Throws if the caller may no longer write, for example because its lease is lost.</summary>
    public Func<NpgsqlConnection, CancellationToken, Task>? Before { get; init; }

    /// <summary>
    /// Runs last in the transaction, so that the caller's own rows about these bars (counts, rejects, coverage, a log row) are committed
    /// together with the bars or not at all.
    /// </summary>
    public Func<NpgsqlConnection, BarWriteResult, CancellationToken, Task>? After { get; init; }
}

/// <summary>The new version of a window, and the range of its changed bars: from the first bar to the close of the last.</summary>
public sealed record WrittenRange(int TickerId, Timeframe Timeframe, long Version, TimeRange Range);

/// <summary>The result of a write. Aggregated bars are not counted.</summary>
public sealed record BarWriteResult
{
    public long Inserted { get; init; }

    public long Updated { get; init; }

    /// <summary>Bars that are stored already: equal ones, or under <see cref="ConflictPolicy.Skip"/> different ones.</summary>
    public long Skipped { get; init; }

    /// <summary>Of the skipped bars those with other values than the stored bar.</summary>
    public long Differing { get; init; }

    /// <summary>Of the skipped bars those that the same import had stored before.</summary>
    public long Own { get; init; }

    /// <summary>Bars of the import that were dropped because a later one has the same timestamp.</summary>
    public long Duplicates { get; init; }

    /// <summary>One entry for each window that changed, including the windows of coarser bars.</summary>
    public IReadOnlyList<WrittenRange> Changes { get; init; } = [];
}

/// <summary>Under <see cref="ConflictPolicy.Fail"/>: a different bar is stored already.</summary>
public sealed class BarConflictException(Symbol symbol, Timeframe timeframe, DateTimeOffset timestamp)
    : InvalidOperationException($"There is a {timeframe} bar of {symbol} at {timestamp:O} already, with different values.");
