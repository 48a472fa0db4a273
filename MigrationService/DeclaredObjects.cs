using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;
using Wyckoff.Postgres;

namespace Wyckoff.MigrationService;

/// <summary>Lists the names of all tables, columns, constraints, indexes and schema objects that are declared or in the database.</summary>
internal static class DeclaredObjects
{
    public static IEnumerable<string> Of(IModel model)
    {
        foreach (var table in model.GetRelationalModel().Tables)
        {
            var name = $"{table.Schema}.{table.Name}";
            yield return "table " + name;
            foreach (var column in table.Columns)
            {
                yield return $"column {name}.{column.Name}";
            }

            foreach (var check in table.CheckConstraints)
            {
                yield return $"constraint {name}.{check.Name}";
            }

            foreach (
                var constraint in table
                    .ForeignKeyConstraints.Select(key => key.Name)
                    .Concat(table.UniqueConstraints.Select(key => key.Name))
            )
            {
                yield return $"constraint {name}.{constraint}";
            }

            foreach (var index in table.Indexes)
            {
                yield return $"index {name}.{index.Name}";
            }
        }
    }

    public static IEnumerable<string> Of(IEnumerable<SchemaObject> objects) =>
        objects
            .Where(item =>
                !item.Name.EndsWith(".grants", StringComparison.Ordinal) && !item.Name.EndsWith(".storage", StringComparison.Ordinal)
            )
            .Select(item => "object " + item.Name);

    public static async Task<HashSet<string>> PresentAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Without TimescaleDB's schemas: chunks repeat the columns and constraints of their hypertable.
        const string sql = """
            WITH tables AS (
              SELECT c.oid, n.nspname || '.' || c.relname AS name
                FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|_timescaledb|information_schema)')
            SELECT 'table ' || name FROM tables
            UNION ALL
            SELECT 'column ' || name || '.' || attname
              FROM tables
              JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped
            UNION ALL
            SELECT 'constraint ' || name || '.' || conname
              FROM tables t JOIN pg_constraint ON conrelid = t.oid
            UNION ALL
            SELECT 'object ' || pronamespace::regnamespace || '.' || proname
              FROM pg_proc
            UNION ALL
            SELECT 'object ' || relnamespace::regnamespace || '.' || relname
              FROM pg_class WHERE relkind IN ('v', 'm', 'c')
            UNION ALL
            SELECT 'object ' || name || '.table'
              FROM tables
            UNION ALL
            SELECT 'object ' || name || '.triggers'
              FROM tables t JOIN pg_trigger ON tgrelid = t.oid AND NOT tgisinternal
            UNION ALL
            SELECT 'object ' || name || '.policies'
              FROM tables t JOIN pg_policy ON polrelid = t.oid
            UNION ALL
            SELECT 'index ' || name || '.' || i.relname
              FROM tables t
              JOIN pg_index x ON x.indrelid = t.oid
              JOIN pg_class i ON i.oid = x.indexrelid
            """;
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var present = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            present.Add(reader.GetString(0));
        }

        return present;
    }
}
