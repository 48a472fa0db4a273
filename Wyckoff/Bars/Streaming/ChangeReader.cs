using System.Data;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;
using Wyckoff.Postgres;

namespace Wyckoff.Bars.Streaming;

/// <summary>A reader that comes to a window: the version it has (or one of <see cref="StreamPosition"/>), and how many bars a snapshot has for it.</summary>
internal readonly record struct StreamJoin(long Position, int Last);

/// <summary>A window as it was at one instant, told to everybody who waits for it.</summary>
internal sealed record StreamRound(long Version)
{
    /// <summary>There is no such ticker any more.</summary>
    public bool Gone { get; init; }

    /// <summary>From the version that readers had to this one; null when that is too much for one event.</summary>
    public BarFrame? Step { get; init; }

    /// <summary>What each that came gets; null when it has everything.</summary>
    public Dictionary<StreamJoin, BarFrame?> Joined { get; } = [];

    /// <summary>By their number of bars.</summary>
    public Dictionary<int, BarFrame> Snapshots { get; } = [];
}

/// <summary>
/// Reads what changed, and what that looks like now. All of a round is read in one snapshot of the database, so that every event of it ends at the same version. The
/// ranges are learnt first, and their bars asked for by their bounds: what a query on bars costs is the planning, which looks at every chunk that the bounds admit.
/// </summary>
internal sealed class ChangeReader(Database database, WindowVersions versions, TimeProvider time)
{
    // More than any of these, and a snapshot is the shorter story.
    private const int MaxChanges = 1000;
    private const int MaxRanges = 16;
    private const int MaxBars = 500;

    // Ranges closer to each other than so many bars are told as one.
    private const int Nearby = 20;

    private const string Columns = "timestamp, open, high, low, close, volume, trade_count, vwap";

    // An answer that takes longer is not worth waiting for: the next attempt may find another server.
    private const int Timeout = 10;

    public Task<StreamRound> ReadAsync(
        StreamedWindow window,
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

                var steps = new Dictionary<long, BarFrame>();
                foreach (var position in positions)
                {
                    if (
                        state.ChangedAfter(position, window) is { Count: > 0 } ranges
                        && await StepAsync(connection, window, state, position, ranges, token) is { } step
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
                                snapshots.TryGetValue(join.Last, out var known) && known.Version == state.Version
                                    ? known
                                    : await SnapshotAsync(connection, window, state, join.Last, token);
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

                await transaction.CommitAsync(token);
                versions.Raise(window.TickerId, window.Timeframe, state.Version);
                return round;
            },
            cancellationToken
        );

    private static async Task<WindowState> StateAsync(
        NpgsqlConnection connection,
        StreamedWindow window,
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
                    "SELECT coalesce(w.version, 0), w.since, w.until FROM market.tickers t LEFT JOIN market.bar_windows w ON w.ticker_id = t.id AND w.timeframe = $2 WHERE t.id = $1"
                )
                {
                    Parameters =
                    {
                        new() { Value = window.TickerId },
                        new() { Value = window.Timeframe.Name },
                    },
                },
                // Kept for a day; the chunks of that day are all that is planned.
                new(
                    """
                    SELECT version, lower(range), upper(range) + CASE WHEN upper_inc(range) THEN interval '1 microsecond' ELSE interval '0' END, committed_at
                      FROM market.bar_changes WHERE ticker_id = $1 AND timeframe = $2 AND version > $3 AND committed_at > now() - interval '25 hours'
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

        var state = new WindowState
        {
            Exists = true,
            Version = reader.GetInt64(0),
            Since = Instant(reader, 1),
            Until = Instant(reader, 2),
        };
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            state.Changes.Add(new(reader.GetInt64(0), Instant(reader, 1), Instant(reader, 2), new(reader.GetDateTime(3))));
        }

        return state;
    }

    private static async Task<BarFrame?> StepAsync(
        NpgsqlConnection connection,
        StreamedWindow window,
        WindowState state,
        long position,
        List<StreamRange> ranges,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = Timeout };
        foreach (var range in ranges)
        {
            batch.BatchCommands.Add(
                new(
                    $"SELECT {Columns} FROM {Table(window)} WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp LIMIT $4"
                )
                {
                    Parameters =
                    {
                        new() { Value = window.TickerId },
                        Instant(range.From),
                        Instant(range.To),
                        new() { Value = MaxBars + 1 },
                    },
                }
            );
        }

        var bars = new List<BarRow>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                bars.Add(Bar(reader));
            }
        } while (await reader.NextResultAsync(cancellationToken));

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

    private async Task<BarFrame> SnapshotAsync(
        NpgsqlConnection connection,
        StreamedWindow window,
        WindowState state,
        int last,
        CancellationToken cancellationToken
    )
    {
        var bars = new List<BarRow>();
        var first = state.Since ?? IncomingBar.Earliest;
        var end = state.Until ?? IncomingBar.TimeOf(time.GetUtcNow());
        for (var span = window.Timeframe.Microseconds * last * 4; last > 0; span *= 8)
        {
            var since = end - first <= span ? first : end - span;
            await using var command = new NpgsqlCommand(
                $"SELECT {Columns} FROM {Table(window)} WHERE ticker_id = $1 AND timestamp >= $2 ORDER BY timestamp DESC LIMIT $3",
                connection
            )
            {
                CommandTimeout = Timeout,
                Parameters =
                {
                    new() { Value = window.TickerId },
                    Instant(since),
                    new() { Value = last },
                },
            };
            bars.Clear();
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                bars.Add(Bar(reader));
            }

            if (bars.Count == last || since == first)
            {
                break;
            }
        }

        bars.Reverse();
        StreamTelemetry.Rendered("snapshot");
        return new(state.Version, FrameText.Snapshot(window, state.Version, bars));
    }

    private static string Table(StreamedWindow window) => $"{MarketDataModel.Schema}.{MarketDataModel.BarsTable(window.Timeframe)}";

    private static NpgsqlParameter Instant(long instant) =>
        new() { Value = IncomingBar.InstantOf(instant), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    // Npgsql reads an infinity as the first or last moment of the calendar; it is as good as no bound.
    private static long? Instant(NpgsqlDataReader reader, int ordinal) =>
        !reader.IsDBNull(ordinal)
        && reader.GetDateTime(ordinal) is var instant
        && instant != DateTime.MinValue
        && instant != DateTime.MaxValue
            ? IncomingBar.TimeOf(instant)
            : null;

    private static BarRow Bar(NpgsqlDataReader reader) =>
        new()
        {
            Time = IncomingBar.TimeOf(reader.GetDateTime(0)),
            Open = Amount(reader, 1),
            High = Amount(reader, 2),
            Low = Amount(reader, 3),
            Close = Amount(reader, 4),
            Volume = (Int128)(reader.GetDecimal(5) * IncomingBar.One),
            TradeCount = reader.IsDBNull(6) ? BarRow.Null : reader.GetInt32(6),
            Vwap = reader.IsDBNull(7) ? BarRow.Null : Amount(reader, 7),
        };

    private static long Amount(NpgsqlDataReader reader, int ordinal) => (long)(reader.GetDecimal(ordinal) * IncomingBar.One);

    private sealed record Change(long Version, long? From, long? To, DateTimeOffset Committed);

    private sealed class WindowState
    {
        public bool Exists { get; init; }

        public long Version { get; init; }

        /// <summary>No bar is before; null when nobody has counted.</summary>
        public long? Since { get; init; }

        /// <summary>No bar is here or after; null when nobody has counted.</summary>
        public long? Until { get; init; }

        /// <summary>Newest first.</summary>
        public List<Change> Changes { get; } = [];

        /// <summary>Where bars changed after a version; null when that is not known, or too much to tell.</summary>
        public List<StreamRange>? ChangedAfter(long position, StreamedWindow window)
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
                ? StreamRange.Merge(ranges, window.Timeframe.Microseconds * Nearby) is { Count: <= MaxRanges } merged
                    ? merged
                    : null
                : null;
        }
    }
}
