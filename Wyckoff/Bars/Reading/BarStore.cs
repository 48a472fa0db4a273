using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Reading;

/// <summary>Reads tickers and bars.</summary>
public sealed class BarStore(Database database)
{
    /// <summary>The ticker's id, or null when there is no such symbol.</summary>
    public Task<int?> FindTickerAsync(Symbol symbol, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand("SELECT id FROM market.tickers WHERE symbol = $1", connection)
                {
                    Parameters = { new() { Value = symbol.Value } },
                };
                return await command.ExecuteScalarAsync(token) as int?;
            },
            cancellationToken
        );

    /// <summary>All bars of the range, oldest first: for ranges that memory can hold.</summary>
    public Task<IReadOnlyList<OhlcvBar>> ReadRangeAsync(
        int tickerId,
        Timeframe timeframe,
        TimeRange range,
        CancellationToken cancellationToken
    ) => ReadRangeAsync(tickerId, timeframe, range, null, cancellationToken);

    /// <summary>The bars of the range, oldest first: all, or the first so many.</summary>
    public Task<IReadOnlyList<OhlcvBar>> ReadRangeAsync(
        int tickerId,
        Timeframe timeframe,
        TimeRange range,
        int? limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<OhlcvBar>>(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(
                    $"""
                    SELECT timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, source, quality_score, created_at
                      FROM {MarketDataModel.Schema}.{MarketDataModel.BarsTable(timeframe)}
                     WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3
                     ORDER BY timestamp
                     LIMIT $4
                    """,
                    connection
                )
                {
                    Parameters =
                    {
                        new() { Value = tickerId },
                        new() { Value = range.Start, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                        new() { Value = range.End, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                        new() { Value = limit ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
                    },
                };
                var bars = new List<OhlcvBar>();
                await using var reader = await command.ExecuteReaderAsync(token);
                while (await reader.ReadAsync(token))
                {
                    bars.Add(Bar(reader, tickerId));
                }

                return bars;
            },
            cancellationToken
        );

    private static OhlcvBar Bar(NpgsqlDataReader reader, int tickerId) =>
        new()
        {
            TickerId = tickerId,
            Timestamp = reader.GetFieldValue<DateTimeOffset>(0),
            Open = reader.GetDecimal(1),
            High = reader.GetDecimal(2),
            Low = reader.GetDecimal(3),
            Close = reader.GetDecimal(4),
            Volume = reader.GetDecimal(5),
            TradeCount = reader.IsDBNull(6) ? null : reader.GetInt32(6),
            Vwap = reader.IsDBNull(7) ? null : reader.GetDecimal(7),
            Spread = reader.GetDecimal(8),
            SpreadRatio = reader.GetDecimal(9),
            VolumeRatio = reader.GetDecimal(10),
            LowHistory = reader.GetBoolean(11),
            Source = reader.GetString(12),
            QualityScore = reader.IsDBNull(13) ? null : reader.GetDecimal(13),
            CreatedAt = reader.GetFieldValue<DateTimeOffset>(14),
        };
}
