using System.IO.Compression;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;
using Wyckoff.Tickers;

namespace Wyckoff.Sync;

/// <summary>
/// Writes the row of a run in <c>data_sync_log</c>. Every answer updates the row, so that it shows how far a killed run came.
/// </summary>
internal sealed class SyncLogRow(TickerRef ticker, Timeframe timeframe, string provider, DateTimeOffset startedAt)
{
    /// <summary>The error message of a row until its run has ended.</summary>
    public const string NotEnded = "the run had not ended when this row was written";

    public long? Id { get; private set; }

    public DateTimeOffset? Newest { get; private set; }

    public int Pages { get; private set; }

    /// <summary>
    /// The values of the row to apply after the commit. Until then they are kept apart, because the transaction may be retried.
    /// </summary>
    public sealed record Draft(long Id, DateTimeOffset? Newest);

    public void Commit(Draft draft, bool page)
    {
        (Id, Newest) = (draft.Id, draft.Newest);
        Pages += page ? 1 : 0;
    }

    public async Task<Draft> WriteAsync(
        NpgsqlConnection connection,
        SyncOutcome outcome,
        string? error,
        long fetched,
        IReadOnlyList<IncomingBar> bars,
        BarWriteResult? written,
        CancellationToken cancellationToken
    )
    {
        var (total, first, last) = await FiguresAsync(connection, bars, written, cancellationToken);
        await using var command = new NpgsqlCommand(
            Id is null
                ? """
                INSERT INTO market.data_sync_log (ticker_id, timeframe, source, started_at, status, error_message, bars_fetched,
                                                  total_bars, first_synced_timestamp, last_synced_timestamp, last_sync_at)
                VALUES ($1, $2, $3, least($4, clock_timestamp()), $5, $6, $7, $8, $9, $10, clock_timestamp()) RETURNING id
                """
                : """
                UPDATE market.data_sync_log
                   SET status = $5, error_message = $6, bars_fetched = $7, total_bars = $8, first_synced_timestamp = $9,
                       last_synced_timestamp = $10, last_sync_at = greatest(started_at, clock_timestamp())
                 WHERE id = $11 AND ticker_id = $1 AND timeframe = $2 AND source = $3 AND $4 IS NOT NULL RETURNING id
                """,
            connection
        );
        command.Parameters.Add(new() { Value = ticker.Id });
        command.Parameters.Add(new() { Value = timeframe.Name });
        command.Parameters.Add(new() { Value = provider });
        command.Parameters.Add(new() { Value = startedAt, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = EnumText.Of(outcome) });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = error });
        command.Parameters.Add(new() { Value = (int)Math.Min(fetched, int.MaxValue) });
        command.Parameters.Add(new() { Value = total });
        command.Parameters.Add(new() { Value = (object?)first ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)last ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        if (Id is { } id)
        {
            command.Parameters.Add(new() { Value = id });
        }

        return await command.ExecuteScalarAsync(cancellationToken) is long row
            ? new(row, last)
            : throw new InvalidOperationException($"The log row {Id} of this sync of '{ticker.Symbol}' was deleted meanwhile.");
    }

    /// <summary>Stores the compressed payload of an answer.</summary>
    public async Task StorePayloadAsync(
        NpgsqlConnection connection,
        long id,
        ProviderPage page,
        byte[] compressed,
        DateTimeOffset receivedAt,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO market.sync_payloads (sync_id, ticker_id, page, received_at, request, content_type, encoding, bytes, payload)
            VALUES ($1, $2, $3, $4, $5, $6, 'gzip', $7, $8)
            """,
            connection
        );
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = ticker.Id });
        command.Parameters.Add(new() { Value = Pages + 1 });
        command.Parameters.Add(new() { Value = receivedAt, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = page.Request });
        command.Parameters.Add(new() { Value = page.ContentType.Length > 100 ? page.ContentType[..100] : page.ContentType });
        command.Parameters.Add(new() { Value = page.Payload.Length });
        command.Parameters.Add(new() { Value = compressed });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static byte[] Compress(ReadOnlyMemory<byte> payload)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(payload.Span);
        }

        return compressed.ToArray();
    }

    // Counting years of minute bars is expensive. If no other transaction has changed the window since the previous row, its figures are
    // updated by this write instead. The transaction holds the lock of the window, so no change goes unnoticed.
    private async Task<(long Total, DateTimeOffset? First, DateTimeOffset? Last)> FiguresAsync(
        NpgsqlConnection connection,
        IReadOnlyList<IncomingBar> bars,
        BarWriteResult? written,
        CancellationToken cancellationToken
    )
    {
        await using (
            var command = new NpgsqlCommand(
                """
                SELECT before.total_bars, before.first_synced_timestamp, before.last_synced_timestamp
                  FROM (SELECT total_bars, first_synced_timestamp, last_synced_timestamp, last_sync_at FROM market.data_sync_log
                         WHERE ticker_id = $1 AND timeframe = $2 ORDER BY last_sync_at DESC, id DESC LIMIT 1) AS before
                 WHERE before.last_sync_at > clock_timestamp() - interval '20 hours'
                   AND NOT EXISTS (SELECT FROM market.bar_changes c
                                    WHERE c.ticker_id = $1 AND c.timeframe = $2 AND c.committed_at > before.last_sync_at
                                      AND c.version <> ALL ($3))
                """,
                connection
            )
        )
        {
            command.Parameters.Add(new() { Value = ticker.Id });
            command.Parameters.Add(new() { Value = timeframe.Name });
            command.Parameters.Add(
                new()
                {
                    Value =
                        written
                            ?.Changes.Where(change => change.TickerId == ticker.Id && change.Timeframe == timeframe)
                            .Select(change => change.Version)
                            .ToArray()
                        ?? [],
                }
            );
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                var (first, last) = (Instant(reader, 1), Instant(reader, 2));
                foreach (var bar in bars)
                {
                    first = first < bar.Timestamp ? first : bar.Timestamp;
                    last = last > bar.Timestamp ? last : bar.Timestamp;
                }

                return (reader.GetInt64(0) + (written?.Inserted ?? 0), first, last);
            }
        }

        await using (
            var command = new NpgsqlCommand(
                $"""
                SELECT count(*), min(timestamp), max(timestamp)
                  FROM {MarketSchema.Schema}.{MarketSchema.BarsTable(timeframe)} WHERE ticker_id = $1
                """,
                connection
            )
        )
        {
            command.Parameters.Add(new() { Value = ticker.Id });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return (reader.GetInt64(0), Instant(reader, 1), Instant(reader, 2));
        }
    }

    private static DateTimeOffset? Instant(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
