using Npgsql;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Schema;

/// <summary>A database with rows in every table. <c>Fill.sql</c> runs once per server; each test class gets a clone.</summary>
public abstract class FilledDatabase(PostgresEdition edition) : TestDatabase(edition)
{
    /// <summary>The environment for MigrationService, so that the database keeps its edition.</summary>
    public Dictionary<string, string> Environment { get; } =
        edition == PostgresEdition.Plain ? new(StringComparer.Ordinal) { ["Wyckoff__Timescale"] = "off" } : [];

    protected override Task<string> CloneAsync(PostgresServer server) => server.CloneFilledAsync();
}

public sealed class FilledPlainDatabase() : FilledDatabase(PostgresEdition.Plain);

public sealed class FilledApacheDatabase() : FilledDatabase(PostgresEdition.Apache);

public sealed class FilledCommunityDatabase() : FilledDatabase(PostgresEdition.Community);

internal static class Filling
{
    /// <summary>The names of Wyckoff's schemas as a list of SQL literals.</summary>
    public const string Schemas = "'market', 'audit', 'account', 'wyckoff', 'trading', 'journal', 'prediction', 'public'";

    public static async Task FillAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString
        );
        await connection.OpenAsync();
        var edition = await TestDatabase.RestPoliciesAsync(connection);
        var refresh =
            from aggregate in new[] { "price_candles_1h", "trade_volume_1h" }
            select edition.HasPolicies
                ? $"CALL refresh_continuous_aggregate('prediction.{aggregate}', NULL, now() - interval '1 hour')"
                : $"SELECT prediction.refresh_{aggregate}()";
        foreach (
            var sql in (string[])[await File.ReadAllTextAsync(Path.Combine(Run.Root, "Tests", "Schema", "Fill.sql")), .. refresh, "ANALYZE"]
        )
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>The number of rows and a checksum over them, for each table.</summary>
    public static async Task<SortedDictionary<string, string>> ContentsAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var tables = await ListAsync(
            source,
            $"""
            SELECT format('%I.%I', table_schema, table_name)
              FROM information_schema.tables
             WHERE table_type = 'BASE TABLE' AND table_schema IN ({Schemas})
            """,
            cancellationToken
        );
        var contents = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            await using var sum = source.CreateCommand(
                $"SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {table} t"
            );
            contents.Add(table, (string)(await sum.ExecuteScalarAsync(cancellationToken))!);
        }

        return contents;
    }

    public static async Task<List<string>> ListAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var list = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            list.Add(reader.GetString(0));
        }

        return list;
    }
}
