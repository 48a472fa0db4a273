using Npgsql;

namespace Wyckoff.Postgres;

/// <summary>The version of a database's schema: its applied migrations and its <see cref="Postgres.SchemaObject"/>s.</summary>
public static class SchemaVersion
{
    public const string HistorySchema = "public";
    public const string HistoryTable = "schema_migrations";

    /// <summary>The newest migration of this build. A test compares it with MigrationService's migrations.</summary>
    public const string Required = "20261130185612_Access";

    /// <summary>The ids of the applied migrations, oldest first; empty when the database was never migrated.</summary>
    public static async Task<IReadOnlyList<string>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand($"SELECT to_regclass('{HistorySchema}.{HistoryTable}') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return [];
        }

        await using var command = new NpgsqlCommand($"""SELECT "MigrationId" FROM {HistorySchema}.{HistoryTable} ORDER BY 1""", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add(reader.GetString(0));
        }

        return applied;
    }

    /// <summary>The hash of the schema's objects after the last completed run of MigrationService.</summary>
    public static async Task<string?> ObjectsHashAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT objects_hash FROM {HistorySchema}.migration_runs WHERE outcome = 'completed' ORDER BY id DESC LIMIT 1",
            connection
        );
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>20260101000000_Initial → Initial</summary>
    public static string NameOf(string migrationId) => migrationId[(migrationId.IndexOf('_', StringComparison.Ordinal) + 1)..];
}
