using System.Data;
using Npgsql;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;
using Wyckoff.Postgres;

namespace Wyckoff.Bars.Streaming;

/// <summary>A cursor's request for the events that lead to the newest version. Cursors with equal requests get the same event.</summary>
/// <param name="Position">The version that the client has, or a value of <see cref="StreamPosition"/>.</param>
/// <param name="Last">The number of bars if the answer is a snapshot.</param>
internal readonly record struct StreamJoin(long Position, int Last);

/// <summary>The result of one read of a window: its version, and the events that lead to this version.</summary>
internal sealed record StreamRound(long Version)
{
    /// <summary>Whether the ticker was deleted.</summary>
    public bool Gone { get; init; }

    /// <summary>
    /// The event that leads from the publisher's previous version to this one; null if the change is too large for one event.
    /// </summary>
    public BarFrame? Step { get; init; }

    /// <summary>The first event for each join; null if the client already has this version.</summary>
    public Dictionary<StreamJoin, BarFrame?> Joined { get; } = [];

    /// <summary>The snapshots rendered in this round, by number of bars.</summary>
    public Dictionary<int, BarFrame> Snapshots { get; } = [];
}

/// <summary>
/// Reads the changed ranges of a window and the bars that are in them now. A round reads everything in one database snapshot, so all its
/// events end at the same version. The ranges are read before the bars because explicit bounds let the planner exclude chunks, and planning
/// is the main cost of such a query.
/// </summary>
internal sealed class ChangeReader(Database database, BarReader reader, WindowVersions versions)
{
    // Beyond any of these limits a snapshot is sent instead of the changes.
    private const int MaxChanges = 1000;
    private const int MaxRanges = 16;
    private const int MaxBars = 500;

    // Ranges that are at most this many bars apart are merged.
    private const int MergeDistance = 20;

    // Seconds. The retry after a timeout may reach another server.
    private const int Timeout = 10;

    public Task<StreamRound> ReadAsync(
        WindowRef window,
        long? tip,
        IReadOnlyCollection<StreamJoin> joins,
        IReadOnlyDictionary<int, BarFrame> snapshots,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                StreamTelemetry.Read();
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, token);
                var positions = joins
                    .Select(join => join.Position)
                    .Append(tip ?? StreamPosition.None)
                    .Where(position => position >= 0)
                    .Distinct()
                    .ToList();
                var state = await StateAsync(connection, window, positions.Count == 0 ? long.MaxValue : positions.Min(), token);
                if (!state.Exists)
                {
                    return new StreamRound(0) { Gone = true };
                }

                var round = await RoundAsync(connection, window, state, tip, positions, joins, snapshots, token);
                await transaction.CommitAsync(token);
                versions.Raise(window.TickerId, window.Timeframe, state.Version);
                return round;
            },
            cancellationToken
        );

    /// <summary>Renders the events of a round in the transaction of the caller.</summary>
    private async Task<StreamRound> RoundAsync(
        NpgsqlConnection connection,
        WindowRef window,
        StoredWindow state,
        long? tip,
        IReadOnlyList<long> positions,
        IReadOnlyCollection<StreamJoin> joins,
        IReadOnlyDictionary<int, BarFrame> snapshots,
        CancellationToken cancellationToken
    )
    {
        var steps = new Dictionary<long, BarFrame>();
        foreach (var position in positions)
        {
            if (
                state.ChangedAfter(position, window) is { Count: > 0 } ranges
                && await InTimeAsync(token => StepAsync(connection, window, state, position, ranges, token), cancellationToken) is { } step
            )
            {
                steps[position] = step;
            }
        }

        var round = new StreamRound(state.Version) { Step = steps.GetValueOrDefault(tip ?? StreamPosition.None) };
        foreach (var join in joins)
        {
            if (join.Position == state.Version)
            {
                round.Joined[join] = null;
            }
            else if (steps.TryGetValue(join.Position, out var step))
            {
                round.Joined[join] = step;
            }
            else
            {
                if (!round.Snapshots.TryGetValue(join.Last, out var snapshot))
                {
                    snapshot =
                        snapshots.TryGetValue(join.Last, out var cached) && cached.Version == state.Version
                            ? cached
                            : await InTimeAsync(token => SnapshotAsync(connection, window, state, join.Last, token), cancellationToken);
                    round.Snapshots[join.Last] = snapshot;
                }

                round.Joined[join] =
                    join.Position == StreamPosition.None
                        ? snapshot
                        : snapshot with
                        {
                            Before = FrameText.Reset(window, join.Position, state.Version),
                        };
            }
        }

        return round;
    }

    /// <summary>Reads the window and its changes after the version <paramref name="after"/>.</summary>
    private static async Task<StoredWindow> StateAsync(
        NpgsqlConnection connection,
        WindowRef window,
        long after,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            Timeout = Timeout,
            BatchCommands =
            {
                new(
                    """
                    SELECT coalesce(w.version, 0)
                      FROM market.tickers t
                      LEFT JOIN market.bar_windows w ON w.ticker_id = t.id AND w.timeframe = $2
                     WHERE t.id = $1
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = window.TickerId },
                        new() { Value = window.Timeframe.Name },
                    },
                },
                // Changes are kept for a day. The bound on committed_at limits planning to the chunks of that day.
                new(
                    """
                    SELECT version, lower(range),
                           upper(range) + CASE WHEN upper_inc(range) THEN interval '1 microsecond' ELSE interval '0' END, committed_at
                      FROM market.bar_changes
                     WHERE ticker_id = $1 AND timeframe = $2 AND version > $3 AND committed_at > now() - interval '25 hours'
                     ORDER BY version DESC LIMIT $4
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = window.TickerId },
                        new() { Value = window.Timeframe.Name },
                        new() { Value = after },
                        new() { Value = MaxChanges },
                    },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return new();
        }

        var state = new StoredWindow { Exists = true, Version = reader.GetInt64(0) };
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            state.Changes.Add(new(reader.GetInt64(0), Instant(reader, 1), Instant(reader, 2), new(reader.GetDateTime(3))));
        }

        return state;
    }

    /// <summary>Renders the event that leads from a position to the newest version; null if it would have too many bars.</summary>
    private static async Task<BarFrame?> StepAsync(
        NpgsqlConnection connection,
        WindowRef window,
        StoredWindow state,
        long position,
        List<StreamRange> ranges,
        CancellationToken cancellationToken
    )
    {
        using var bars = new BarRows(MaxBars + 1);
        await using (
            var rows = await BarReader.OpenOnAsync(
                connection,
                window.TickerId,
                window.Timeframe,
                BarFields.Usual,
                [.. ranges.Select(range => (range.From, range.To))],
                MaxBars + 1,
                cancellationToken
            )
        )
        {
            await rows.CopyToAsync(bars, cancellationToken);
        }

        if (bars.Count > MaxBars)
        {
            return null;
        }

        StreamTelemetry.Rendered("bars");
        return new(
            state.Version,
            FrameText.Bars(window, state.Version, ranges, bars),
            state.Changes.TakeWhile(change => change.Version > position).Min(change => change.Committed)
        );
    }

    /// <summary>Renders the newest bars.</summary>
    private async Task<BarFrame> SnapshotAsync(
        NpgsqlConnection connection,
        WindowRef window,
        StoredWindow state,
        int last,
        CancellationToken cancellationToken
    )
    {
        using var bars = new BarRows(last);
        if (last > 0)
        {
            await reader.ReadNewestOnAsync(connection, window.TickerId, window.Timeframe, BarFields.Usual, last, bars, cancellationToken);
        }

        StreamTelemetry.Rendered("snapshot");
        return new(state.Version, FrameText.Snapshot(window, state.Version, bars));
    }

    // Bars are read by COPY, to which no command timeout applies.
    private static async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(Timeout));
        try
        {
            return await read(deadline.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NpgsqlException("Reading the changed bars timed out.", new TimeoutException(e.Message, e));
        }
    }

    // Npgsql returns an infinite timestamp as DateTime.MinValue or MaxValue; both mean that there is no bound.
    private static long? Instant(NpgsqlDataReader reader, int ordinal) =>
        !reader.IsDBNull(ordinal)
        && reader.GetDateTime(ordinal) is var instant
        && instant != DateTime.MinValue
        && instant != DateTime.MaxValue
            ? IncomingBar.TimeOf(instant)
            : null;

    private sealed record Change(long Version, long? From, long? To, DateTimeOffset Committed);

    /// <summary>A window as stored: its version and its latest changes.</summary>
    private sealed class StoredWindow
    {
        public bool Exists { get; init; }

        public long Version { get; init; }

        /// <summary>Newest first.</summary>
        public List<Change> Changes { get; } = [];

        /// <summary>
        /// The ranges in which bars changed after a version; null if the changes are not completely known, or there are too many ranges.
        /// </summary>
        public List<StreamRange>? ChangedAfter(long position, WindowRef window)
        {
            var ranges = new List<StreamRange>();
            var expected = Version;
            foreach (var change in Changes)
            {
                if (change.Version <= position)
                {
                    break;
                }

                if (change.Version != expected-- || change is not { From: { } from, To: { } to })
                {
                    return null;
                }

                ranges.Add(new(from, to));
            }

            return expected == position
                ? StreamRange.Merge(ranges, window.Timeframe.Microseconds * MergeDistance) is { Count: <= MaxRanges } merged
                    ? merged
                    : null
                : null;
        }
    }
}
