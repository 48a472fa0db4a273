using Npgsql;

namespace Wyckoff;

/// <summary>The state of the schema this build was made for: the name of the newest migration. A test keeps it equal to MigrationService's.</summary>
public static class SchemaVersion
{
    public const string HistorySchema = "public";
    public const string HistoryTable = "schema_migrations";
    public const string Required = "VersionLeases";

    /// <summary>The migrations in the database, oldest first, without their time stamps; empty when it was never migrated.</summary>
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
            applied.Add(NameOf(reader.GetString(0)));
        }

        return applied;
    }

    /// <summary>20260101000000_Initial → Initial</summary>
    public static string NameOf(string migrationId) => migrationId[(migrationId.IndexOf('_', StringComparison.Ordinal) + 1)..];
}
