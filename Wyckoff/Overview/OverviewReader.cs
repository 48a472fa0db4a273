using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;

namespace Wyckoff.Overview;

/// <summary>Reads market_overview, which a worker refreshes periodically.</summary>
public sealed class OverviewReader(Database database)
{
    // Read as text, because a sum may have more digits than a decimal.
    private static readonly string Columns =
        "o.symbol, o.name, o.timeframe, o.timestamp, o.refreshed_at, "
        + string.Join(
            ", ",
            new[] { "price", "price_24h_ago", "change_24h", "change_24h_pct", "high_24h", "low_24h", "volume_24h" }.Select(column =>
                $"trim_scale(nullif(o.{column}, 'NaN'))::text"
            )
        );

    /// <summary>
    /// Passes the rows to <paramref name="read"/>: symbol, name, timeframe, timestamp, time of the refresh, the seven figures as text, and
    /// the value of the sort column as text. If the connection breaks, <paramref name="read"/> is called again, so it must not publish
    /// anything before it returns.
    /// </summary>
    public Task ReadAsync(OverviewQuery query, Func<NpgsqlDataReader, CancellationToken, Task> read, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                // The join omits tickers that were deleted or deactivated since the refresh.
                var by = query.By switch
                {
                    OverviewOrder.Change => "change_24h_pct",
                    OverviewOrder.Price => "price",
                    OverviewOrder.Volume => "volume_24h",
                    _ => "symbol",
                };
                var type = query.By == OverviewOrder.Symbol ? "varchar" : "numeric";
                var sign = query.Descending ? '<' : '>';
                await using var command = new NpgsqlCommand(
                    $"""
                    SELECT {Columns}, o.{by}::text FROM market.market_overview o JOIN market.tickers t ON t.id = o.ticker_id AND t.is_active
                     WHERE ($1 IS NULL OR o.change_24h_pct >= $1)
                       AND ($2 IS NULL OR o.change_24h_pct <= $2)
                       AND ($3 IS NULL OR t.asset_type = $3)
                       AND ($5 IS NULL OR strpos(lower(o.symbol), lower($5)) > 0 OR strpos(lower(o.name), lower($5)) > 0)
                       AND ($6 IS NULL OR o.symbol = ANY ($6))
                       AND ($7 IS NULL OR CASE WHEN $8 IS NULL THEN o.{by} IS NULL AND o.symbol > $7
                                               ELSE o.{by} IS NULL OR o.{by} {sign} $8::{type}
                                                 OR o.{by} = $8::{type} AND o.symbol > $7 END)
                     ORDER BY o.{by} {(query.Descending ? "DESC" : "ASC")} NULLS LAST, o.symbol LIMIT $4
                    """,
                    connection
                )
                {
                    Parameters =
                    {
                        Value(query.MinChange, NpgsqlDbType.Numeric),
                        Value(query.MaxChange, NpgsqlDbType.Numeric),
                        Value(query.AssetType, NpgsqlDbType.Text),
                        new() { Value = query.Limit },
                        Value(query.Search, NpgsqlDbType.Text),
                        Value(query.Symbols?.Select(symbol => symbol.Value).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text),
                        Value(query.After?.Symbol, NpgsqlDbType.Text),
                        Value(query.After?.Value, NpgsqlDbType.Text),
                    },
                };
                await using var reader = await command.ExecuteReaderAsync(token);
                await read(reader, token);
                return true;
            },
            cancellationToken
        );

    private static NpgsqlParameter Value(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
