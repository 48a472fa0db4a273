#pragma warning disable EF1001 // The history's SQL can only be added to by deriving from the provider's own class.
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Migrations.Internal;

namespace Wyckoff.MigrationService;

/// <summary>
/// EF's history says which migrations are in; <c>public.migration_runs</c> keeps every run, forward and back. Its row is written where the history's is, so in the
/// migration's own transaction: neither can be there without the other.
/// </summary>
internal sealed class RecordedHistory(HistoryRepositoryDependencies dependencies, IMigrationsAssembly assembly) : NpgsqlHistoryRepository(dependencies)
{
    public const string Table = "public.migration_runs";

    public const string CreateTable = $"""
        CREATE TABLE IF NOT EXISTS {Table} (
          id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_migration_runs PRIMARY KEY,
          version text NOT NULL,
          checksum text NOT NULL,
          direction text NOT NULL CONSTRAINT chk_migration_runs_direction CHECK (direction IN ('up', 'down')),
          from_version text,
          to_version text,
          started_at timestamptz NOT NULL,
          duration_ms numeric(12,3) NOT NULL CONSTRAINT chk_migration_runs_duration_ms CHECK (duration_ms >= 0),
          outcome text NOT NULL CONSTRAINT chk_migration_runs_outcome CHECK (outcome IN ('completed', 'failed')),
          error text,
          product_version text NOT NULL);
        COMMENT ON TABLE {Table} IS 'Every run of every migration, forward and back, written in the transaction of the migration itself; a failed one afterwards.';
        COMMENT ON COLUMN {Table}.checksum IS 'SHA-256 of the statements of the migration: one that was changed after it ran shows.';
        """;

    protected override void ConfigureTable(EntityTypeBuilder<HistoryRow> history)
    {
        base.ConfigureTable(history);
        history.HasKey(row => row.MigrationId).HasName("pk_schema_migrations");
        history.ToTable(table => table.HasComment("The migrations that are in, kept by EF Core."));
    }

    public override string GetInsertScript(HistoryRow row) => base.GetInsertScript(row) + Record(row.MigrationId, "up", assembly.Migrations.Keys.LastOrDefault(id => string.CompareOrdinal(id, row.MigrationId) < 0), row.MigrationId);

    public override string GetDeleteScript(string migrationId) => base.GetDeleteScript(migrationId) + Record(migrationId, "down", migrationId, assembly.Migrations.Keys.LastOrDefault(id => string.CompareOrdinal(id, migrationId) < 0));

    /// <summary>Over what the migration says to do going forward, in the server's language. The operations say all that counts here, so the model they were made from is left out.</summary>
    public string Checksum(string migrationId)
    {
        var migration = assembly.CreateMigration(assembly.Migrations[migrationId], Dependencies.CurrentContext.Context.Database.ProviderName!);
        var statements = new StringBuilder();
        foreach (var command in Dependencies.MigrationsSqlGenerator.Generate(migration.UpOperations))
        {
            statements.Append(command.CommandText.ReplaceLineEndings("\n"));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(statements.ToString())));
    }

    /// <summary>A migration that failed has taken its own row with it; this one stands for it.</summary>
    public async Task RecordFailureAsync(NpgsqlConnection connection, string migrationId, string error, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO {Table} (version, checksum, direction, started_at, duration_ms, outcome, error, product_version)
            VALUES ($1, $2, 'up', now(), 0, 'failed', $3, '{typeof(RecordedHistory).Assembly.GetName().Version}')
            """,
            connection)
        {
            Parameters = { new() { Value = SchemaVersion.NameOf(migrationId) }, new() { Value = Checksum(migrationId) }, new() { Value = error } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Migrations that are in, but said something else when they ran than they say now.</summary>
    public async Task<IReadOnlyList<string>> ChangedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""SELECT DISTINCT ON (version) version, checksum FROM {Table} WHERE outcome = 'completed' AND direction = 'up' ORDER BY version, id DESC""", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var changed = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (assembly.Migrations.Keys.FirstOrDefault(id => SchemaVersion.NameOf(id) == reader.GetString(0)) is { } id && Checksum(id) != reader.GetString(1))
            {
                changed.Add($"migration {reader.GetString(0)} as it ran: its statements were changed since");
            }
        }

        return changed;
    }

    private string Record(string migrationId, string direction, string? from, string? to) => $"""

        INSERT INTO {Table} (version, checksum, direction, from_version, to_version, started_at, duration_ms, outcome, product_version)
        VALUES ('{SchemaVersion.NameOf(migrationId)}', '{Checksum(migrationId)}', '{direction}', {Literal(from)}, {Literal(to)}, now(), extract(epoch FROM clock_timestamp() - now()) * 1000, 'completed', '{typeof(RecordedHistory).Assembly.GetName().Version}');

        """;

    private static string Literal(string? migrationId) => migrationId is null ? "NULL" : $"'{SchemaVersion.NameOf(migrationId)}'";
}
