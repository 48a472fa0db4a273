using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars.Writing;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>Reads, adds, changes and deletes rows of <c>market.tickers</c>, and announces changes so that caches drop the ticker.</summary>
public sealed class TickerStore(NpgsqlDataSource source, Database database, TickerChanges changes)
{
    private const int Attempts = 5;
    private const string Columns =
        "id, symbol, name, exchange, asset_type, timezone, is_active, allows_negative, created_at, updated_at, sector";

    // Makes a statement fail if the server does not know the time zone. .NET may know zones that the server does not, and SQL could not
    // assign bars in such a zone to sessions.
    private const string ZoneIsKnown = "now() AT TIME ZONE $5 IS NOT NULL";

    /// <summary>
    /// Returns up to <paramref name="limit"/> tickers ordered by symbol, starting after the symbol <paramref name="after"/>.
    /// </summary>
    public Task<List<TickerRecord>> ListAsync(TickerFilter filter, Symbol? after, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(
                    $"""
                    SELECT {Columns} FROM market.tickers
                     WHERE ($1 IS NULL OR strpos(lower(symbol), lower($1)) > 0 OR strpos(lower(name), lower($1)) > 0)
                       AND ($2 IS NULL OR starts_with(symbol, $2))
                       AND ($3 IS NULL OR asset_type = $3)
                       AND ($4 IS NULL OR is_active = $4)
                       AND ($5 IS NULL OR symbol > $5)
                     ORDER BY symbol LIMIT $6
                    """,
                    connection
                )
                {
                    Parameters =
                    {
                        Text(filter.Search),
                        Text(filter.Prefix),
                        Text(filter.AssetType),
                        new() { Value = (object?)filter.Active ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean },
                        Text(after?.Value),
                        new() { Value = limit },
                    },
                };
                return await ReadAsync(command, token);
            },
            cancellationToken
        );

    /// <summary>Returns a ticker and its windows, finest timeframe first, from one snapshot of the database.</summary>
    public Task<(TickerRecord Ticker, IReadOnlyList<StoredWindow> Stored)?> FindAsync(Symbol symbol, CancellationToken cancellationToken) =>
        database.ReadAsync<(TickerRecord, IReadOnlyList<StoredWindow>)?>(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(
                    $"""
                    SELECT {Columns}, timeframe, version, since, until
                      FROM market.tickers LEFT JOIN market.bar_windows ON ticker_id = id
                     WHERE symbol = $1
                    """,
                    connection
                )
                {
                    Parameters = { Text(symbol.Value) },
                };
                await using var reader = await command.ExecuteReaderAsync(token);
                TickerRecord? ticker = null;
                var stored = new List<StoredWindow>();
                while (await reader.ReadAsync(token))
                {
                    ticker ??= Record(reader);
                    if (TextOrNull(reader, 11) is { } timeframe)
                    {
                        stored.Add(
                            new(Timeframe.Parse(timeframe), reader.GetInt64(12), InstantOrNull(reader, 13), InstantOrNull(reader, 14))
                        );
                    }
                }

                return ticker is null ? null : (ticker, [.. stored.OrderBy(window => window.Timeframe.Width)]);
            },
            cancellationToken
        );

    /// <summary>Adds a ticker. Returns null if the symbol is taken.</summary>
    /// <exception cref="UnknownTimeZoneException"/>
    public async Task<TickerRecord?> AddAsync(Symbol symbol, TickerFields fields, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            $"""
            INSERT INTO market.tickers (symbol, name, exchange, asset_type, timezone, is_active, allows_negative, sector)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE {ZoneIsKnown}
            ON CONFLICT (symbol) DO NOTHING RETURNING {Columns}
            """
        );
        command.Parameters.Add(Text(symbol.Value));
        AddFields(command, fields);
        return await WriteAsync(command, fields, cancellationToken);
    }

    /// <summary>
    /// Changes a ticker. <paramref name="change"/> receives the current row, which is locked meanwhile, and returns the new fields, or null
    /// to leave the ticker unchanged.
    /// </summary>
    /// <returns>The ticker after the change; null if no ticker has the symbol.</returns>
    /// <exception cref="UnknownTimeZoneException"/>
    /// <exception cref="NegativePricesException"/>
    public async Task<TickerRecord?> ChangeAsync(
        Symbol symbol,
        Func<TickerRecord, TickerFields?> change,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // NO KEY UPDATE does not block writers of bars, which only take FOR KEY SHARE locks.
        await using var find = new NpgsqlCommand(
            $"SELECT {Columns} FROM market.tickers WHERE symbol = $1 FOR NO KEY UPDATE",
            connection,
            transaction
        )
        {
            Parameters = { Text(symbol.Value) },
        };
        if ((await ReadAsync(find, cancellationToken)).SingleOrDefault() is not { } ticker)
        {
            return null;
        }

        if (change(ticker) is not { } fields || fields == TickerFields.Of(ticker))
        {
            return ticker;
        }

        await using var update = new NpgsqlCommand(
            $"""
            UPDATE market.tickers
               SET name = $2, exchange = $3, asset_type = $4, timezone = $5, is_active = $6, allows_negative = $7, sector = $8
             WHERE id = $1 AND {ZoneIsKnown} RETURNING {Columns}
            """,
            connection,
            transaction
        )
        {
            Parameters = { new() { Value = ticker.Id } },
        };
        AddFields(update, fields);
        var changed = await WriteAsync(update, fields, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        changes.Announce(ticker.Id);
        return changed;
    }

    /// <summary>Deletes a ticker and all its bars in one transaction.</summary>
    /// <param name="symbol">The symbol of the ticker.</param>
    /// <param name="mayDelete">Receives the current row, which is locked meanwhile, and decides whether the ticker is deleted.</param>
    /// <param name="cancellationToken">Cancels the deletion, which is then rolled back.</param>
    /// <returns>The ticker, whether it was deleted, and its deleted windows; null if no ticker has the symbol.</returns>
    public async Task<(TickerRecord Ticker, bool Deleted, IReadOnlyList<StoredWindow> Stored)?> DeleteAsync(
        Symbol symbol,
        Func<TickerRecord, bool> mayDelete,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await DeleteOnceAsync(symbol, mayDelete, cancellationToken);
            }
            catch (PostgresException e)
                when (attempt < Attempts && (e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure))
            {
                // Compression jobs lock chunks in another order, so deleting bars can deadlock with them.
                await Task.Delay(TimeSpan.FromMilliseconds(50 * attempt), cancellationToken);
            }
        }
    }

    private async Task<(TickerRecord Ticker, bool Deleted, IReadOnlyList<StoredWindow> Stored)?> DeleteOnceAsync(
        Symbol symbol,
        Func<TickerRecord, bool> mayDelete,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var find = new NpgsqlCommand(
            $"SELECT {Columns} FROM market.tickers WHERE symbol = $1 FOR UPDATE",
            connection,
            transaction
        )
        {
            Parameters = { Text(symbol.Value) },
        };
        if ((await ReadAsync(find, cancellationToken)).SingleOrDefault() is not { } ticker)
        {
            return null;
        }

        if (!mayDelete(ticker))
        {
            return (ticker, false, []);
        }

        var stored = new List<StoredWindow>();
        await using (
            var windows = new NpgsqlCommand(
                "SELECT timeframe, version, since, until FROM market.bar_windows WHERE ticker_id = $1",
                connection,
                transaction
            )
            {
                Parameters = { new() { Value = ticker.Id } },
            }
        )
        await using (var reader = await windows.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                stored.Add(
                    new(Timeframe.Parse(reader.GetString(0)), reader.GetInt64(1), InstantOrNull(reader, 2), InstantOrNull(reader, 3))
                );
            }
        }

        // No timeout: deleting twenty years of minute bars takes longer than the default allows.
        await using var delete = new NpgsqlCommand("DELETE FROM market.tickers WHERE id = $1", connection, transaction)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = ticker.Id } },
        };
        await CompressedChunks.LiftLimitAsync(connection, cancellationToken);
        await delete.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        changes.Announce(ticker.Id);
        return (ticker, true, [.. stored.OrderBy(window => window.Timeframe.Width)]);
    }

    private static void AddFields(NpgsqlCommand command, TickerFields fields)
    {
        foreach (var text in new[] { fields.Name, fields.Exchange, fields.AssetType, fields.Timezone })
        {
            command.Parameters.Add(Text(text));
        }

        command.Parameters.Add(new() { Value = fields.IsActive });
        command.Parameters.Add(new() { Value = fields.AllowsNegative });
        command.Parameters.Add(Text(fields.Sector));
    }

    private static async Task<TickerRecord?> WriteAsync(NpgsqlCommand command, TickerFields fields, CancellationToken cancellationToken)
    {
        try
        {
            return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            throw new UnknownTimeZoneException(fields.Timezone);
        }
        catch (PostgresException e) when (e.ConstraintName == NegativePricesException.Constraint)
        {
            throw new NegativePricesException(e.MessageText, e);
        }
    }

    private static async Task<List<TickerRecord>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var tickers = new List<TickerRecord>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            tickers.Add(Record(reader));
        }

        return tickers;
    }

    private static TickerRecord Record(NpgsqlDataReader reader) =>
        new(
            reader.GetInt32(0),
            Symbol.Parse(reader.GetString(1)),
            TextOrNull(reader, 2),
            TextOrNull(reader, 3),
            TextOrNull(reader, 10),
            reader.GetString(4),
            reader.GetString(5),
            reader.GetBoolean(6),
            reader.GetBoolean(7),
            reader.GetFieldValue<DateTimeOffset>(8),
            reader.GetFieldValue<DateTimeOffset>(9)
        );

    private static string? TextOrNull(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? InstantOrNull(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
