using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Records;

/// <summary>An import as stored in market.import_batches.</summary>
public sealed record ImportRecord(
    long Id,
    string File,
    string Sha256,
    string Source,
    string Policy,
    string? Symbol,
    string? Timeframe,
    ImportStatus Status,
    long? Size,
    long BytesRead,
    long Read,
    long Inserted,
    long Updated,
    long Skipped,
    long Differing,
    long Rejected,
    long Rounded,
    DateTimeOffset StartedAt,
    DateTimeOffset HeartbeatAt,
    DateTimeOffset? FinishedAt,
    string? Error,
    ImportUndone? Undone
);

/// <summary>
/// What an undo did to the bars of an import: how many were deleted, how many got the values back that they have without it, and how many
/// had been overwritten or deleted before.
/// </summary>
public sealed record ImportUndone(DateTimeOffset At, long Removed, long Restored, long Kept);

/// <summary>Reads imports and their rejects.</summary>
public sealed class ImportQueries(Database database)
{
    private const int MaxOfContent = 5;

    private const string Select = """
        SELECT id, file, sha256, source, policy, symbol, timeframe, status, size, bytes_read,
               rows_read, rows_inserted, rows_updated, rows_skipped, rows_differing, rows_rejected, rows_rounded,
               started_at, heartbeat_at, finished_at, error_message, undone_at, bars_removed, bars_restored, bars_kept
          FROM market.import_batches
        """;

    public Task<ImportRecord?> FindAsync(long id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(Select + " WHERE id = $1", connection)
                {
                    Parameters = { new() { Value = id } },
                };
                return (await ListAsync(command, token)).SingleOrDefault();
            },
            cancellationToken
        );

    /// <summary>Lists imports, newest first, whose id is below <paramref name="before"/>.</summary>
    public Task<List<ImportRecord>> ListAsync(ImportStatus? status, long? before, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(
                    Select + " WHERE ($1 IS NULL OR status = $1) AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
                    connection
                )
                {
                    Parameters =
                    {
                        new() { Value = status is { } wanted ? EnumText.Of(wanted) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                        new() { Value = (object?)before ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
                        new() { Value = limit },
                    },
                };
                return await ListAsync(command, token);
            },
            cancellationToken
        );

    /// <summary>Lists the rejects of an import in the order of the file, after the line <paramref name="after"/>.</summary>
    public Task<List<ImportReject>> RejectsAsync(long id, long after, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand(
                    """
                    SELECT line_number, text, reason
                      FROM market.import_rejects
                     WHERE batch_id = $1 AND line_number > $2
                     ORDER BY line_number
                     LIMIT $3
                    """,
                    connection
                )
                {
                    Parameters =
                    {
                        new() { Value = id },
                        new() { Value = after },
                        new() { Value = limit },
                    },
                };
                var rejects = new List<ImportReject>();
                await using var reader = await command.ExecuteReaderAsync(token);
                while (await reader.ReadAsync(token))
                {
                    rejects.Add(
                        new()
                        {
                            BatchId = id,
                            LineNumber = reader.GetInt64(0),
                            Text = reader.GetString(1),
                            Reason = reader.GetString(2),
                        }
                    );
                }

                return rejects;
            },
            cancellationToken
        );

    /// <summary>Lists the newest imports of a file with this hash, or of the same entry of an archive with this hash.</summary>
    internal static async Task<List<ImportRecord>> OfContentAsync(
        NpgsqlConnection connection,
        string file,
        string sha256,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            Select
                + " WHERE sha256 = $1 AND right(file, length($2)) = $2 AND ($2 <> '' OR strpos(file, '!') = 0) ORDER BY id DESC LIMIT $3",
            connection
        )
        {
            Parameters =
            {
                new() { Value = sha256 },
                new() { Value = ImportStore.Entry(file) },
                new() { Value = MaxOfContent },
            },
        };
        return await ListAsync(command, cancellationToken);
    }

    private static async Task<List<ImportRecord>> ListAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var imports = new List<ImportRecord>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            imports.Add(Record(reader));
        }

        return imports;
    }

    private static ImportRecord Record(NpgsqlDataReader reader)
    {
        return new(
            reader.GetInt64(0),
            reader.GetString(1),
            reader.GetString(2),
            reader.GetString(3),
            reader.GetString(4),
            Text(5),
            Text(6),
            EnumText.Parse<ImportStatus>(reader.GetString(7)),
            reader.IsDBNull(8) ? null : reader.GetInt64(8),
            reader.GetInt64(9),
            reader.GetInt64(10),
            reader.GetInt64(11),
            reader.GetInt64(12),
            reader.GetInt64(13),
            reader.GetInt64(14),
            reader.GetInt64(15),
            reader.GetInt64(16),
            reader.GetFieldValue<DateTimeOffset>(17),
            reader.GetFieldValue<DateTimeOffset>(18),
            reader.IsDBNull(19) ? null : reader.GetFieldValue<DateTimeOffset>(19),
            Text(20),
            reader.IsDBNull(21)
                ? null
                : new(reader.GetFieldValue<DateTimeOffset>(21), reader.GetInt64(22), reader.GetInt64(23), reader.GetInt64(24))
        );

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }
}
