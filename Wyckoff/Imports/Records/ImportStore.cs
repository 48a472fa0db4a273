using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Records;

/// <summary>An import as it stands in market.import_batches. Holds a lock of its session for as long as it runs: one that can be locked by another has died.</summary>
internal sealed class RunningImport(NpgsqlConnection lockedOn, long id, DateTimeOffset startedAt, bool resumed) : IAsyncDisposable
{
    public long Id => id;

    /// <summary>By the clock of the database, as the times of its bars are.</summary>
    public DateTimeOffset StartedAt => startedAt;

    public bool Resumed => resumed;

    public async ValueTask DisposeAsync()
    {
        // Back in the pool it would keep the lock until somebody opens it again.
        try
        {
            await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", lockedOn)
            {
                Parameters = { new() { Value = ImportStore.Key(id) } },
            };
            await unlock.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The session is gone, and the lock with it.
        }

        await lockedOn.DisposeAsync();
    }
}

/// <summary>Keeps the records of imports.</summary>
internal sealed class ImportStore(NpgsqlDataSource source)
{
    /// <summary>Stands for a hash that is known only at the end.</summary>
    public static readonly string Unhashed = new('0', 64);

    private const long Locks = 0x57494D50L << 32; // "WIMP", beside the id

    public static long Key(long id) => Locks ^ id;

    /// <summary>
    /// The import of this very file under the same name (where the name says what is in it), as the same thing: a completed one, unless <paramref name="anew"/>; or else one that died or
    /// failed and is taken up again as itself, so that what it wrote counts as its own; or else a new one.
    /// </summary>
    public async Task<(RunningImport? Running, long Completed)> BeginAsync(
        string file,
        string sha256,
        long? size,
        ImportOptions options,
        bool anew,
        CancellationToken cancellationToken
    )
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            if (sha256 != Unhashed)
            {
                foreach (var (id, completed, startedAt) in await EarlierAsync(connection, file, sha256, options, cancellationToken))
                {
                    if (completed && !anew)
                    {
                        await connection.DisposeAsync();
                        return (null, id);
                    }

                    // One that was completed between the look and the lock is left alone; all its rows are there.
                    if (
                        !completed
                        && await TryLockAsync(connection, id, cancellationToken)
                        && await RestartAsync(connection, id, cancellationToken)
                    )
                    {
                        return (new(connection, id, startedAt, resumed: true), 0);
                    }

                    if (completed)
                    {
                        break;
                    }
                }
            }

            await using var insert = new NpgsqlCommand(
                "INSERT INTO market.import_batches (file, sha256, size, source, policy, symbol, timeframe, status) VALUES ($1, $2, $3, $4, $5, $6, $7, 'running') RETURNING id, started_at",
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
                },
            };
            long newId;
            DateTimeOffset now;
            await using (var reader = await insert.ExecuteReaderAsync(cancellationToken))
            {
                await reader.ReadAsync(cancellationToken);
                (newId, now) = (reader.GetInt64(0), await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken));
            }

            await TryLockAsync(connection, newId, cancellationToken);
            return (new(connection, newId, now, resumed: false), 0);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Counts what became of some rows, and keeps those rejected; in the transaction that wrote the others.</summary>
    public static async Task RecordAsync(
        NpgsqlConnection connection,
        long id,
        BarWriteResult written,
        IReadOnlyList<RejectedRow> rejects,
        long bytesRead,
        CancellationToken cancellationToken
    )
    {
        await using var count = new NpgsqlCommand(
            """
            UPDATE market.import_batches SET rows_inserted = rows_inserted + $2, rows_updated = rows_updated + $3, rows_skipped = rows_skipped + $4, rows_rejected = rows_rejected + $5,
                   rows_read = rows_read + $2 + $3 + $4 + $5, bytes_read = greatest(bytes_read, $6), heartbeat_at = clock_timestamp()
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
            },
        };
        if (await count.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new InvalidOperationException($"Import {id} was ended by another; nothing more is written for it.");
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
            await copy.WriteAsync(reject.Text, cancellationToken);
            await copy.WriteAsync(reject.Reason, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    public async Task RecordAsync(long id, IReadOnlyList<RejectedRow> rejects, long bytesRead, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RecordAsync(connection, id, new(), rejects, bytesRead, cancellationToken);
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
            UPDATE market.import_batches SET status = $2, error_message = $3, sha256 = coalesce($4, sha256), size = coalesce($5, size), finished_at = clock_timestamp(), heartbeat_at = clock_timestamp()
             WHERE id = $1 AND status = 'running'
            """
        );
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = EnumText.Of(status) });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = error });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = sha256 });
        command.Parameters.Add(new() { Value = (object?)size ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<(long Id, bool Completed, DateTimeOffset StartedAt)>> EarlierAsync(
        NpgsqlConnection connection,
        string file,
        string sha256,
        ImportOptions options,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT id, status, started_at, file FROM market.import_batches
             WHERE sha256 = $1 AND source = $2 AND policy = $3 AND symbol IS NOT DISTINCT FROM $4 AND timeframe IS NOT DISTINCT FROM $5 ORDER BY id DESC
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = sha256 },
                new() { Value = options.Source },
                new() { Value = EnumText.Of(options.Policy) },
                new() { Value = (object?)options.Symbol?.Value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (object?)options.Timeframe?.Name ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        var earlier = new List<(long, bool, DateTimeOffset)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (SameName(reader.GetString(3), file, options))
            {
                earlier.Add(
                    (
                        reader.GetInt64(0),
                        reader.GetString(1) == "completed",
                        await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken)
                    )
                );
            }
        }

        return earlier;
    }

    /// <summary>An entry of an archive is known by its name; a file that was not told its symbol and timeframe may take them from its own.</summary>
    private static bool SameName(string one, string other, ImportOptions options) =>
        Entry(one) == Entry(other)
        && ((options.Symbol is not null && options.Timeframe is not null) || FileName.Of(one) == FileName.Of(other));

    private static string Entry(string file) => file.LastIndexOf('!') is >= 0 and var at ? file[at..] : "";

    private static async Task<bool> TryLockAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection)
        {
            Parameters = { new() { Value = Key(id) } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static async Task<bool> RestartAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var restart = new NpgsqlCommand(
            """
            WITH gone AS (DELETE FROM market.import_rejects WHERE batch_id = $1)
            UPDATE market.import_batches SET status = 'running', finished_at = NULL, error_message = NULL, rows_read = 0, rows_inserted = 0, rows_updated = 0, rows_skipped = 0, rows_rejected = 0,
                   bytes_read = 0, heartbeat_at = clock_timestamp() WHERE id = $1 AND status <> 'completed'
            """,
            connection
        )
        {
            Parameters = { new() { Value = id } },
        };
        var restarted = await restart.ExecuteNonQueryAsync(cancellationToken) > 0;
        // Without an import to restart there is nothing to take back either.
        await (restarted ? transaction.CommitAsync(cancellationToken) : transaction.RollbackAsync(cancellationToken));
        return restarted;
    }
}
