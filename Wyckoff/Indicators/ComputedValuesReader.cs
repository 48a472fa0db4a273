using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;

namespace Wyckoff.Indicators;

/// <summary>Reads values that were computed from bars, in the order of time.</summary>
public sealed class ComputedValuesReader(Database database)
{
    /// <summary>
    /// Passes the rows to <paramref name="read"/>: the timestamp, the version if the table has one, then the columns. If more rows follow,
    /// one row more than the limit is passed, unless the newest rows are read. If the connection breaks, <paramref name="read"/> is called
    /// again, so it must not publish anything before it ends.
    /// </summary>
    /// <returns>False if the ticker does not exist.</returns>
    public Task<bool> ReadAsync(
        ComputedValuesQuery query,
        Func<NpgsqlDataReader, CancellationToken, Task> read,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                // The id is not cached: the symbol may belong to another ticker than before.
                await using var find = new NpgsqlCommand(
                    """
                    SELECT t.id, w.until
                      FROM market.tickers t
                      LEFT JOIN market.bar_windows w ON w.ticker_id = t.id AND w.timeframe = $2
                     WHERE t.symbol = $1
                    """,
                    connection
                )
                {
                    Parameters =
                    {
                        new() { Value = query.Symbol.Value },
                        new() { Value = query.Timeframe.Name },
                    },
                };
                int id;
                DateTimeOffset until;
                await using (var found = await find.ExecuteReaderAsync(token))
                {
                    if (!await found.ReadAsync(token))
                    {
                        return false;
                    }

                    (id, until) = (found.GetInt32(0), Instant(found, 1) is { } last && last < query.To ? last : query.To);
                }

                var from = query.From ?? await StartAsync(connection, query, id, until, token);
                await using var command = Select(connection, query, id, from);
                await using var reader = await command.ExecuteReaderAsync(token);
                await read(reader, token);
                return true;
            },
            cancellationToken
        );

    // The timestamp at which the newest rows begin. The planner looks at every chunk within the bounds, so the search starts with a short
    // span and makes it longer while the span holds too few rows.
    private static async Task<DateTimeOffset> StartAsync(
        NpgsqlConnection connection,
        ComputedValuesQuery query,
        int id,
        DateTimeOffset until,
        CancellationToken cancellationToken
    )
    {
        for (var span = query.Timeframe.Width * (query.Limit * 4L); ; span *= 8)
        {
            // Hardly any rows are before 1970, so the rest is searched in one step.
            if (until - DateTimeOffset.UnixEpoch < span)
            {
                return DateTimeOffset.MinValue;
            }

            var sql = $"""
                SELECT count(*), min(timestamp) FROM (
                  SELECT timestamp FROM market.{query.Table.Name}
                   WHERE ticker_id = $1 AND timeframe = $2 AND timestamp >= $3 AND timestamp < $4 {(
                    query.Version is null ? "" : $"AND {query.Table.VersionColumn} = $6"
                )}
                   ORDER BY timestamp DESC LIMIT $5) AS newest
                """;
            await using var command = new NpgsqlCommand(sql, connection)
            {
                Parameters =
                {
                    new() { Value = id },
                    new() { Value = query.Timeframe.Name },
                    Time(until - span),
                    Time(query.To),
                    new() { Value = query.Limit },
                },
            };
            if (query.Version is { } version)
            {
                command.Parameters.Add(new() { Value = version });
            }

            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            if (reader.GetInt64(0) == query.Limit && Instant(reader, 1) is { } start)
            {
                return start;
            }
        }
    }

    private static NpgsqlCommand Select(NpgsqlConnection connection, ComputedValuesQuery query, int id, DateTimeOffset from)
    {
        var key = query.Table.VersionColumn is { } column ? new[] { "timestamp", column } : ["timestamp"];
        var command = new NpgsqlCommand
        {
            Connection = connection,
            Parameters =
            {
                new() { Value = id },
                new() { Value = query.Timeframe.Name },
                Time(from),
                Time(query.To),
            },
        };
        var conditions = "";
        if (query.Version is { } version)
        {
            command.Parameters.Add(new() { Value = version });
            conditions = $"AND {query.Table.VersionColumn} = $5";
        }

        if (query.After is { } after)
        {
            command.Parameters.Add(Time(after.Timestamp));
            conditions += $" AND timestamp >= ${command.Parameters.Count} AND ({string.Join(", ", key)}) > (${command.Parameters.Count}";
            if (key.Length > 1)
            {
                command.Parameters.Add(new() { Value = after.Version });
                conditions += $", ${command.Parameters.Count}";
            }

            conditions += ")";
        }

        string Order(string direction) => string.Join(", ", key.Select(part => part + direction));
        var rows = $"""
            SELECT {string.Join(", ", key.Concat(query.Columns))}
              FROM market.{query.Table.Name}
             WHERE ticker_id = $1 AND timeframe = $2 AND timestamp >= $3 AND timestamp < $4 {conditions}
            """;
        command.CommandText = query.From is null
            ? FormattableString.Invariant(
                $"SELECT * FROM ({rows} ORDER BY {Order(" DESC")} LIMIT {query.Limit}) AS newest ORDER BY {Order("")}"
            )
            : FormattableString.Invariant($"{rows} ORDER BY {Order("")} LIMIT {query.Limit + 1}");
        return command;
    }

    private static NpgsqlParameter Time(DateTimeOffset value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static DateTimeOffset? Instant(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
