using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.RollUp;

/// <summary>
/// Computes anew what follows from stored bars, piece by piece, each under the lock of its bars and in a transaction of its own: bars may come in meanwhile, and what was
/// interrupted is simply run again. What is right already is not touched.
/// </summary>
public sealed class BarRecomputer(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>About a month of minutes.</summary>
    private const int BarsAtATime = 40_000;

    /// <summary>Spread, ratios and quality of all bars of a ticker and timeframe. Gives how many pieces were not right.</summary>
    public Task<int> RederiveAsync(int tickerId, Timeframe timeframe, CancellationToken cancellationToken) =>
        PiecewiseAsync(
            tickerId,
            timeframe,
            null,
            "SELECT market.record_change($1, $2, changed) FROM market.rederive($1, $2, tstzrange($3, $4)) AS changed WHERE changed IS NOT NULL",
            cancellationToken
        );

    /// <summary>All coarser bars that are aggregated, directly or not, from those of a ticker and timeframe. Gives how many ranges were not right.</summary>
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
        string? before,
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
            if (before is not null)
            {
                await using var first = new NpgsqlCommand(before, connection)
                {
                    Parameters = { new() { Value = tickerId } },
                    CommandTimeout = 0,
                };
                await first.ExecuteNonQueryAsync(cancellationToken);
            }

            await using var command = Command(connection, sql, tickerId, timeframe, bars);
            // It waits for whoever writes these bars, and may unpack compressed chunks.
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
            "SELECT coalesce(max(since), '-infinity'), coalesce(max(until), 'infinity') FROM market.bar_windows WHERE ticker_id = $1 AND timeframe = $2",
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

    // From the first bar of a piece to the close of its last: pieces may have no end, and what is computed must.
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
            $"SELECT min(timestamp), max(timestamp) FROM {MarketDataModel.Schema}.{MarketDataModel.BarsTable(timeframe)} WHERE ticker_id = $1 AND $2 <> '' AND timestamp >= $3 AND timestamp < $4",
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
