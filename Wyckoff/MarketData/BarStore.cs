using Npgsql;
using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.MarketData;

/// <summary>Reads tickers and bars.</summary>
public sealed class BarStore(Database database)
{
    /// <summary>The ticker's id, or null when there is no such symbol.</summary>
    public Task<int?> FindTickerAsync(Symbol symbol, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand("SELECT id FROM market.tickers WHERE symbol = $1", connection) { Parameters = { new() { Value = symbol.Value } } };
            return await command.ExecuteScalarAsync(token) as int?;
        },
        cancellationToken);

    /// <summary>The newest <paramref name="limit"/> bars of the range, oldest first.</summary>
    public Task<IReadOnlyList<OhlcvBar>> ReadNewestAsync(int tickerId, Timeframe timeframe, TimeRange range, int limit, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<OhlcvBar>>(
        async (connection, token) =>
        {
            // What a query costs is the planning, which looks at every chunk the bounds admit: so start with a span that should hold enough, and widen it while it does not.
            var bars = new List<OhlcvBar>();
            var until = range.End;
            for (var span = timeframe.Width * (limit * 4L); bars.Count < limit && until > range.Start; span *= 8)
            {
                var since = until - range.Start > span ? until - span : range.Start;
                await ReadAsync(connection, bars, tickerId, timeframe, since, until, limit - bars.Count, token);
                until = since;
            }

            bars.Reverse();
            return bars;
        },
        cancellationToken);

    /// <summary>All bars of the range, oldest first: for ranges that memory can hold.</summary>
    public Task<IReadOnlyList<OhlcvBar>> ReadRangeAsync(int tickerId, Timeframe timeframe, TimeRange range, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<OhlcvBar>>(
        async (connection, token) =>
        {
            var bars = new List<OhlcvBar>();
            await ReadAsync(connection, bars, tickerId, timeframe, range.Start, range.End, int.MaxValue, token);
            bars.Reverse();
            return bars;
        },
        cancellationToken);

    private static async Task ReadAsync(NpgsqlConnection connection, List<OhlcvBar> bars, int tickerId, Timeframe timeframe, DateTimeOffset since, DateTimeOffset until, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, source, quality_score, created_at
              FROM {MarketDataModel.Schema}.{MarketDataModel.BarsTable(timeframe)}
             WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3
             ORDER BY timestamp DESC LIMIT $4
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = tickerId },
                new() { Value = since, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = until, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = limit },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            bars.Add(Bar(reader, tickerId));
        }
    }

    private static OhlcvBar Bar(NpgsqlDataReader reader, int tickerId) => new()
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
