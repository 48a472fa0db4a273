using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.RollUp;

/// <summary>
/// Recomputes derived fields and coarser bars from the stored bars, piece by piece. Each piece is a transaction of its own under the lock
/// of its window, so bars can be written in between, and an interrupted run is simply repeated. Correct values are not written again.
/// </summary>
public sealed class BarRecomputer(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>About a month of 1m bars.</summary>
    private const int BarsAtATime = 40_000;

    /// <summary>Recomputes spread, ratios and quality of all bars of a window. Returns the number of pieces that were wrong.</summary>
    public Task<int> RederiveAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        PiecewiseAsync(
            tickerId,
            timeframe,
            null,
            """
            SELECT market.record_change($1, $2, changed)
              FROM market.rederive($1, $2, tstzrange($3, $4)) AS changed
             WHERE changed IS NOT NULL
            """,
            cancellationToken
        );

    /// <summary>
    /// Recomputes all coarser bars that are aggregated, directly or indirectly, from the bars of a window. Returns the number of ranges
    /// that were wrong.
    /// </summary>
    public Task<int> RollUpAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        PiecewiseAsync(
            tickerId,
            timeframe,
            "SELECT market.lock_ticker($1)",
            "SELECT changed FROM market.roll_up($1, $2, tstzrange($3, $4))",
            cancellationToken
        );

    private async Task<int> PiecewiseAsync(
        int tickerId,
        Timeframe timeframe,
        string? lockSql,
        string sql,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var (since, until) = await BoundsAsync(connection, tickerId, timeframe, cancellationToken);
        var changed = 0;
        foreach (var piece in BarSpans.Cut(timeframe, since, until, BarsAtATime, time.GetUtcNow()))
        {
            if (await BarsAsync(connection, tickerId, timeframe, piece, cancellationToken) is not { } bars)
            {
                continue;
            }

            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await CompressedChunks.LiftLimitAsync(connection, cancellationToken);
            if (lockSql is not null)
            {
                await using var locking = new NpgsqlCommand(lockSql, connection)
                {
                    Parameters = { new() { Value = tickerId } },
                    CommandTimeout = 0,
                };
                await locking.ExecuteNonQueryAsync(cancellationToken);
            }

            await using var command = Command(connection, sql, tickerId, timeframe, bars);
            // No timeout: the command waits for other writers of the window and may decompress chunks.
            command.CommandTimeout = 0;
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    changed++;
                }
            }

            await transaction.CommitAsync(cancellationToken);
        }

        return changed;
    }

    private static async Task<(DateTimeOffset Since, DateTimeOffset Until)> BoundsAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT coalesce(max(since), '-infinity'), coalesce(max(until), 'infinity')
              FROM market.bar_windows
             WHERE ticker_id = $1 AND timeframe = $2
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = tickerId },
                new() { Value = timeframe.Name },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (
            await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken),
            await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken)
        );
    }

    // The range from the first bar of a piece to the close of its last: a piece may be unbounded, but the range to compute must not be.
    private static async Task<TimeRange?> BarsAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        TimeRange piece,
        CancellationToken cancellationToken
    )
    {
        await using var command = Command(
            connection,
            // $2 <> '' is always true. It is there because the command passes the timeframe as $2.
            $"""
            SELECT min(timestamp), max(timestamp)
              FROM {MarketSchema.QualifiedBarsTable(timeframe)}
             WHERE ticker_id = $1 AND $2 <> '' AND timestamp >= $3 AND timestamp < $4
            """,
            tickerId,
            timeframe,
            piece
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return await reader.IsDBNullAsync(0, cancellationToken)
            ? null
            : new(
                await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken),
                await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken) + timeframe.Width
            );
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, int tickerId, Timeframe timeframe, TimeRange piece) =>
        new(sql, connection)
        {
            Parameters =
            {
                new() { Value = tickerId },
                new() { Value = timeframe.Name },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = piece.Start, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = piece.End, NpgsqlDbType = NpgsqlDbType.TimestampTz },
            },
        };
}
