using Wyckoff.Primitives;

namespace Wyckoff.Sync;

public enum SyncOutcome
{
    Success,
    Partial,
    Failed,
}

/// <summary>One run of fetching the bars of a ticker and timeframe from a source.</summary>
public sealed class SyncRun
{
    private SyncRun() { }

    /// <summary>Creates a run that has ended. An error is required unless the status is success, and not allowed then.</summary>
    public SyncRun(
        int tickerId,
        Timeframe timeframe,
        string source,
        SyncOutcome status,
        DateTimeOffset startedAt,
        DateTimeOffset endedAt,
        string? error = null
    )
    {
        if (endedAt < startedAt)
        {
            throw new ArgumentException($"A run ends after it starts; got {startedAt:O} to {endedAt:O}.", nameof(endedAt));
        }

        if (status == SyncOutcome.Success != string.IsNullOrWhiteSpace(error))
        {
            throw new ArgumentException("A run that was no success says why, and only such a run does.", nameof(error));
        }

        (TickerId, Timeframe, Source, Status, StartedAt, LastSyncAt, ErrorMessage) = (
            tickerId,
            timeframe,
            source,
            status,
            startedAt,
            endedAt,
            error
        );
    }

    public long Id { get; private set; }

    public int TickerId { get; private set; }

    public Timeframe Timeframe { get; private set; }

    public string Source { get; private set; } = "";

    public SyncOutcome Status { get; private set; }

    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>When the run ended.</summary>
    public DateTimeOffset LastSyncAt { get; private set; }

    /// <summary>The time of the oldest bar stored at the end of the run.</summary>
    public DateTimeOffset? FirstSyncedTimestamp { get; private set; }

    /// <summary>The time of the newest bar stored at the end of the run.</summary>
    public DateTimeOffset? LastSyncedTimestamp { get; private set; }

    public int BarsFetched { get; private set; }

    /// <summary>The number of bars stored at the end of the run.</summary>
    public long TotalBars { get; private set; }

    public string? ErrorMessage { get; private set; }

    public void Count(int fetched, long total, DateTimeOffset? first, DateTimeOffset? last)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fetched);
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        if (first > last || first is null != last is null)
        {
            throw new ArgumentException($"The first bar is not after the last; got {first:O} and {last:O}.", nameof(first));
        }

        (BarsFetched, TotalBars, FirstSyncedTimestamp, LastSyncedTimestamp) = (fetched, total, first, last);
    }
}
