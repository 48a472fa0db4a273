using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Records;

/// <summary>
/// A running import. It holds an advisory lock of its database session; if another session can take the lock, the import has died.
/// </summary>
internal sealed class RunningImport(NpgsqlConnection lockConnection, long id, bool resumed) : IAsyncDisposable
{
    public long Id => id;

    public bool Resumed => resumed;

    public async ValueTask DisposeAsync()
    {
        // A pooled connection would keep the lock until it is opened again.
        try
        {
            await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", lockConnection)
            {
                Parameters = { new() { Value = ImportStore.LockKey(id) } },
            };
            await unlock.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The session has ended, which released the lock.
        }

        await lockConnection.DisposeAsync();
    }
}

/// <summary>Writes the rows of market.import_batches and market.import_rejects.</summary>
internal sealed class ImportStore(NpgsqlDataSource source)
{
    /// <summary>The placeholder for the hash of a stream, which is known only at its end.</summary>
    public static readonly string Unhashed = new('0', 64);

    // "WIMP" in the upper half of the key sets these advisory locks apart from others.
    private const long LockPrefix = 0x57494D50L << 32;

    public static long LockKey(long id) => LockPrefix ^ id;

    /// <summary>
    /// Looks for earlier imports of the same file with the same options. Returns the id of a completed one unless <paramref name="force"/>
    /// is set. Otherwise resumes one that died or failed under its old id, so that bars it wrote count as its own, or starts a new import.
    /// </summary>
    public async Task<(RunningImport? Running, long Completed)> BeginAsync(
        string file,
        string sha256,
        long? size,
        ImportOptions options,
        bool force,
        CancellationToken cancellationToken
    )
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            if (sha256 != Unhashed)
            {
                foreach (var (id, completed) in await EarlierAsync(connection, file, sha256, options, cancellationToken))
                {
                    if (completed && !force)
                    {
                        await connection.DisposeAsync();
                        return (null, id);
                    }

                    // RestartAsync does not restart an import that another process completed since EarlierAsync listed it.
                    if (
                        !completed
                        && await TryLockAsync(connection, id, cancellationToken)
                        && await RestartAsync(connection, id, cancellationToken)
                    )
                    {
                        return (new(connection, id, resumed: true), 0);
                    }

                    if (completed)
                    {
                        break;
                    }
                }
            }

            // The statement that adds the row takes its lock: a running import without a lock has died.
            await using var insert = new NpgsqlCommand(
                """
                INSERT INTO market.import_batches (file, sha256, size, source, policy, symbol, timeframe, options, status)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'running')
                RETURNING id, pg_try_advisory_lock($9 # id)
                """,
                connection
            )
            {
                Parameters =
                {
                    new() { Value = file },
                    new() { Value = sha256 },
                    new() { Value = (object?)size ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
                    new() { Value = options.Source },
                    new() { Value = EnumText.Of(options.Policy) },
                    new() { Value = (object?)options.Symbol?.Value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                    new() { Value = (object?)options.Timeframe?.Name ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                    new() { Value = options.ToJson(), NpgsqlDbType = NpgsqlDbType.Jsonb },
                    new() { Value = LockPrefix },
                },
            };
            var newId = (long)(await insert.ExecuteScalarAsync(cancellationToken))!;
            return (new(connection, newId, resumed: false), 0);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The completed import because of which <see cref="BeginAsync"/> would not read the file again; null if it would read it.
    /// </summary>
    public static async Task<long?> FindCompletedAsync(
        NpgsqlConnection connection,
        string file,
        string sha256,
        ImportOptions options,
        CancellationToken cancellationToken
    ) => await EarlierAsync(connection, file, sha256, options, cancellationToken) is [{ Completed: true } newest, ..] ? newest.Id : null;

    /// <summary>Adds to the row counts and stores rejects, in the transaction that writes the bars.</summary>
    public static async Task RecordAsync(
        NpgsqlConnection connection,
        long id,
        BarWriteResult written,
        IReadOnlyList<int> tickerIds,
        IReadOnlyList<RejectedRow> rejects,
        long rounded,
        long bytesRead,
        CancellationToken cancellationToken
    )
    {
        await using var count = new NpgsqlCommand(
            """
            UPDATE market.import_batches
               SET rows_inserted = rows_inserted + $2,
                   rows_updated = rows_updated + $3,
                   rows_skipped = rows_skipped + $4,
                   rows_differing = rows_differing + $8,
                   rows_rejected = rows_rejected + $5,
                   rows_rounded = rows_rounded + $9,
                   rows_read = rows_read + $2 + $3 + $4 + $5,
                   bytes_read = greatest(bytes_read, $6),
                   ticker_ids = CASE WHEN ticker_ids @> $7 THEN ticker_ids
                                     ELSE (SELECT array_agg(DISTINCT t ORDER BY t) FROM unnest(ticker_ids || $7) t) END,
                   heartbeat_at = clock_timestamp()
             WHERE id = $1 AND status = 'running'
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = id },
                new() { Value = written.Inserted },
                new() { Value = written.Updated },
                new() { Value = written.Skipped + written.Duplicates },
                new() { Value = (long)rejects.Count },
                new() { Value = bytesRead },
                new() { Value = tickerIds.ToArray() },
                new() { Value = written.Differing },
                new() { Value = rounded },
            },
        };
        if (await count.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new InvalidOperationException($"Another process ended import {id}; no more rows are written for it.");
        }

        if (rejects.Count == 0)
        {
            return;
        }

        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY market.import_rejects (batch_id, line_number, text, reason) FROM STDIN (FORMAT binary)",
            cancellationToken
        );
        foreach (var reject in rejects)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(id, cancellationToken);
            await copy.WriteAsync(reject.Line, cancellationToken);
            await copy.WriteAsync(WithoutNul(reject.Text), cancellationToken);
            await copy.WriteAsync(WithoutNul(reject.Reason), cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    // PostgreSQL cannot store NUL, and a reason may quote the file.
    private static string WithoutNul(string text) => text.Replace('\0', '\uFFFD');

    /// <summary>Stores rejects in a transaction of their own.</summary>
    public async Task RecordAsync(long id, IReadOnlyList<RejectedRow> rejects, long bytesRead, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RecordAsync(connection, id, new(), [], rejects, 0, bytesRead, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task FinishAsync(
        long id,
        ImportStatus status,
        string? error,
        string? sha256,
        long? size,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            """
            UPDATE market.import_batches
               SET status = $2,
                   error_message = $3,
                   sha256 = coalesce($4, sha256),
                   size = coalesce($5, size),
                   finished_at = clock_timestamp(),
                   heartbeat_at = clock_timestamp()
             WHERE id = $1 AND status = 'running'
            """
        );
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = EnumText.Of(status) });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = error is null ? null : WithoutNul(error) });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = sha256 });
        command.Parameters.Add(new() { Value = (object?)size ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Closes the imports whose process has died. Their batches stay; the same import, started again, resumes them.</summary>
    /// <returns>How many were closed.</returns>
    public async Task<int> CloseInterruptedAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            // The lock of a live import is taken, so its row is left alone.
            await using var close = new NpgsqlCommand(
                """
                UPDATE market.import_batches
                   SET status = 'interrupted',
                       error_message = 'The process ended before the import did. Started again, the import goes on.',
                       finished_at = clock_timestamp()
                 WHERE status = 'running' AND pg_try_advisory_lock($1 # id)
                """,
                connection
            )
            {
                Parameters = { new() { Value = LockPrefix } },
            };
            return await close.ExecuteNonQueryAsync(cancellationToken);
        }
        finally
        {
            await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection);
            await unlock.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private static async Task<List<(long Id, bool Completed)>> EarlierAsync(
        NpgsqlConnection connection,
        string file,
        string sha256,
        ImportOptions options,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT id, status, file
              FROM market.import_batches b
             WHERE sha256 = $1 AND options = $2
               AND (status IN ('running', 'failed', 'interrupted')
                    OR status = 'completed' AND rows_rejected <= coalesce($3, rows_rejected)
                       AND NOT EXISTS (SELECT FROM unnest(ticker_ids) t WHERE NOT EXISTS (SELECT FROM market.tickers WHERE id = t)))
             ORDER BY id DESC
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = sha256 },
                new() { Value = options.ToJson(), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = (object?)options.MaxRejects ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
            },
        };
        var earlier = new List<(long, bool)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (SameName(reader.GetString(2), file, options))
            {
                earlier.Add((reader.GetInt64(0), reader.GetString(1) == "completed"));
            }
        }

        return earlier;
    }

    /// <summary>
    /// Whether two names stand for the same import. Entries of an archive must have the same name. What the names say of the bars must be
    /// the same, except for a symbol or a timeframe that the options give.
    /// </summary>
    private static bool SameName(string one, string other, ImportOptions options) =>
        Entry(one) == Entry(other) && Meaning(one, options) == Meaning(other, options);

    private static FileName Meaning(string file, ImportOptions options)
    {
        var name = FileName.Of(file);
        return name with
        {
            Symbol = options.Symbol is null ? name.Symbol : null,
            Timeframe = options.Timeframe is null ? name.Timeframe : null,
        };
    }

    /// <summary>The entry of an archive in the name of an import; empty for other files.</summary>
    public static string Entry(string file) => file.LastIndexOf('!') is >= 0 and var at ? file[at..] : "";

    public static async Task<bool> TryLockAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection)
        {
            Parameters = { new() { Value = LockKey(id) } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static async Task<bool> RestartAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var restart = new NpgsqlCommand(
            """
            WITH deleted_rejects AS (DELETE FROM market.import_rejects WHERE batch_id = $1)
            UPDATE market.import_batches
               SET status = 'running',
                   finished_at = NULL,
                   error_message = NULL,
                   rows_read = 0,
                   rows_inserted = 0,
                   rows_updated = 0,
                   rows_skipped = 0,
                   rows_rejected = 0,
                   rows_differing = 0,
                   rows_rounded = 0,
                   bytes_read = 0,
                   ticker_ids = '{}',
                   heartbeat_at = clock_timestamp()
             WHERE id = $1 AND status IN ('running', 'failed', 'interrupted')
            """,
            connection
        )
        {
            Parameters = { new() { Value = id } },
        };
        var restarted = await restart.ExecuteNonQueryAsync(cancellationToken) > 0;
        // If the import cannot be restarted, its rejects must not be deleted.
        await (restarted ? transaction.CommitAsync(cancellationToken) : transaction.RollbackAsync(cancellationToken));
        return restarted;
    }
}
