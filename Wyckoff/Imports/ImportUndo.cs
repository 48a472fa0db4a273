using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Polly;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Records;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Telemetry;

namespace Wyckoff.Imports;

/// <summary>What became of an undo.</summary>
public enum UndoOutcome
{
    /// <summary>The import is undone, by this call or an earlier one.</summary>
    Undone,

    /// <summary>There is no such import.</summary>
    Unknown,

    /// <summary>The import, or another undo of it, is running.</summary>
    Busy,

    /// <summary>Values that the import replaced are no longer kept, or were not yet when it ran.</summary>
    TooLate,
}

/// <summary>
/// Undoes imports: each bar that still is what the import wrote gets the value that it has without the import, or is deleted. What was
/// written over the import's bars since stays. Works in pieces, each a transaction under the locks of its ticker; an undo that was
/// interrupted goes on where it stopped when it is called again.
/// </summary>
public sealed class ImportUndo(NpgsqlDataSource source, BarWriter writer, TimeProvider time, ILogger<ImportUndo> logger)
{
    /// <summary>About a month of 1m bars.</summary>
    private const int BarsAtATime = 40_000;

    // A transaction holds the locks of all windows of its tickers.
    private const int TickersAtATime = 200;

    // A transaction may collide with the compression job, for example.
    private readonly ResiliencePipeline _collisions = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(
            new()
            {
                MaxRetryAttempts = 7,
                Delay = TimeSpan.FromMilliseconds(20),
                BackoffType = DelayBackoffType.Linear,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is PostgresException e && BarWriter.IsCollision(e)),
                OnRetry = args =>
                {
                    logger.UndoCollided(((PostgresException)args.Outcome.Exception!).SqlState, args.AttemptNumber + 1);
                    return ValueTask.CompletedTask;
                },
            }
        )
        .Build();

    public async Task<UndoOutcome> UndoAsync(long id, CancellationToken cancellationToken)
    {
        using var activity = MarketDataTraces.Undo(id);
        await using var lockConnection = await source.OpenConnectionAsync(cancellationToken);
        if (!await ImportStore.TryLockAsync(lockConnection, id, cancellationToken))
        {
            return UndoOutcome.Busy;
        }

        await using var undoing = new RunningImport(lockConnection, id, resumed: false);
        if (await BeginAsync(id, cancellationToken) is { } outcome)
        {
            return outcome;
        }

        var windows = await WindowsAsync(id, cancellationToken);
        foreach (var (tickerId, timeframe, range) in windows)
        {
            foreach (var piece in BarSpans.Cut(timeframe, range.Start, range.End, BarsAtATime, time.GetUtcNow()))
            {
                writer.Announce(
                    await _collisions.ExecuteAsync(async token => await UndoAsync(id, tickerId, timeframe, piece, token), cancellationToken)
                );
            }
        }

        foreach (var tickerIds in windows.Select(window => window.TickerId).Distinct().Order().Chunk(TickersAtATime))
        {
            await _collisions.ExecuteAsync(async token => await ForgetWindowsAsync(id, tickerIds, token), cancellationToken);
        }

        var (removed, restored, kept) = await FinishAsync(id, cancellationToken);
        logger.Undone(id, removed, restored, kept);
        return UndoOutcome.Undone;
    }

    /// <summary>Completes undos whose process has died. To be called when a service starts.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        var interrupted = new List<long>();
        await using (var command = source.CreateCommand("SELECT id FROM market.import_batches WHERE status = 'undoing' ORDER BY id"))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                interrupted.Add(reader.GetInt64(0));
            }
        }

        foreach (var id in interrupted)
        {
            try
            {
                await UndoAsync(id, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException && !DatabaseFaults.IsAway(e))
            {
                // The others are completed nevertheless.
                logger.NotUndone(e, id);
            }
        }
    }

    // Marks the import, so that its file counts as not imported from now on. Returns an outcome if there is nothing to do.
    private async Task<UndoOutcome?> BeginAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            WITH begun AS (
              UPDATE market.import_batches
                 SET status = 'undoing', finished_at = coalesce(finished_at, clock_timestamp())
               WHERE id = $1 AND status <> 'undone' AND (can_undo OR status = 'undoing')
              RETURNING id)
            SELECT i.status = 'undone', EXISTS (SELECT FROM begun) FROM market.import_batches i WHERE i.id = $1
            """
        );
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? UndoOutcome.Unknown
            : reader.GetBoolean(0) ? UndoOutcome.Undone
            : reader.GetBoolean(1) ? null
            : UndoOutcome.TooLate;
    }

    private async Task<List<(int TickerId, Timeframe Timeframe, TimeRange Range)>> WindowsAsync(
        long id,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            """
            SELECT ticker_id, timeframe, lower(range), upper(range) FROM market.import_windows WHERE import_id = $1 ORDER BY seq
            """
        );
        command.Parameters.Add(new() { Value = id });
        var windows = new List<(int, Timeframe, TimeRange)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            windows.Add(
                (
                    reader.GetInt32(0),
                    Timeframe.Parse(reader.GetString(1)),
                    new(
                        await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken),
                        await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken)
                    )
                )
            );
        }

        return windows;
    }

    private async Task<List<WrittenRange>> UndoAsync(
        long id,
        int tickerId,
        Timeframe timeframe,
        TimeRange piece,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await CompressedChunks.LiftLimitAsync(connection, cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT changed_timeframe, version, lower(changed), upper(changed) FROM market.undo_import_bars($1, $2, $3, $4, $5)
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = id },
                new() { Value = tickerId },
                new() { Value = timeframe.Name },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = piece.Start, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = piece.End, NpgsqlDbType = NpgsqlDbType.TimestampTz },
            },
            // The command waits for other writers of the ticker and may decompress chunks.
            CommandTimeout = 0,
        };
        var changes = new List<WrittenRange>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                changes.Add(
                    new(
                        tickerId,
                        Timeframe.Parse(reader.GetString(0)),
                        reader.GetInt64(1),
                        new(
                            await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken),
                            await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken)
                        )
                    )
                );
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return changes;
    }

    // The ranges of the import leave the coverage of files, unless another import has them too.
    private async Task ForgetWindowsAsync(long id, int[] tickerIds, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        foreach (
            var sql in (string[])
                [
                    "SELECT count(market.lock_ticker(t)) FROM (SELECT t FROM unnest($2) t ORDER BY t) locked WHERE $1 > 0",
                    """
                        UPDATE market.sync_coverage s
                           SET covered = s.covered - (w.covered - coalesce((
                                 SELECT range_agg(o.covered)
                                   FROM market.import_windows o
                                  WHERE o.ticker_id = w.ticker_id AND o.timeframe = w.timeframe AND o.import_id <> w.import_id), '{}'))
                          FROM market.import_windows w
                         WHERE w.import_id = $1 AND w.ticker_id = ANY($2)
                           AND s.ticker_id = w.ticker_id AND s.timeframe = w.timeframe AND s.source = 'import'
                        """,
                    """
                        DELETE FROM market.sync_coverage s
                         USING market.import_windows w
                         WHERE w.import_id = $1 AND w.ticker_id = ANY($2)
                           AND s.ticker_id = w.ticker_id AND s.timeframe = w.timeframe AND s.source = 'import' AND isempty(s.covered)
                        """,
                    "DELETE FROM market.import_claims WHERE holder_id = $1 AND ticker_id = ANY($2)",
                    "DELETE FROM market.import_windows WHERE import_id = $1 AND ticker_id = ANY($2)",
                ]
        )
        {
            batch.BatchCommands.Add(
                new(sql)
                {
                    Parameters =
                    {
                        new() { Value = id },
                        new() { Value = tickerIds },
                    },
                }
            );
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<(long Removed, long Restored, long Kept)> FinishAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            UPDATE market.import_batches
               SET status = 'undone', undone_at = clock_timestamp(),
                   bars_kept = greatest(0, rows_inserted + rows_updated - bars_removed - bars_restored)
             WHERE id = $1
            RETURNING bars_removed, bars_restored, bars_kept
            """
        );
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}
