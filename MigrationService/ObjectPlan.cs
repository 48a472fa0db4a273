using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;

namespace Wyckoff.MigrationService;

/// <summary>
/// Plans how the functions, views, triggers, policies and grants of a database become those of this build: changed objects and all objects
/// that depend on them are dropped and created again.
/// </summary>
internal sealed partial class ObjectPlan
{
    /// <summary>Column defaults call these, so they are created before the tables and replaced in place.</summary>
    private static readonly string[] UnderTables = ["public.uuid_v7"];

    private readonly IReadOnlyList<SchemaObject> _wanted;

    /// <summary>The names of the objects of this build and of the one that migrated the database last.</summary>
    private readonly IReadOnlyList<string> _known;

    private ObjectPlan(
        IReadOnlyList<SchemaObject> wanted,
        IReadOnlyList<string> known,
        IReadOnlyList<string> dropped,
        IReadOnlyList<SchemaObject> created
    ) => (_wanted, _known, Dropped, Created) = (wanted, known, dropped, created);

    /// <summary>The names of the objects to drop, in order.</summary>
    public IReadOnlyList<string> Dropped { get; }

    /// <summary>The objects to create, in order.</summary>
    public IReadOnlyList<SchemaObject> Created { get; }

    public bool IsEmpty => Dropped.Count == 0 && Created.Count == 0;

    /// <summary>The statements to run after the migrations.</summary>
    public IEnumerable<string> After => Created.Where(item => !IsUnderTables(item)).Select(item => item.Sql);

    /// <param name="wanted">The objects of this build.</param>
    /// <param name="recorded">The objects in the database with their hashes; each comes after those it depends on.</param>
    /// <param name="tablesChange">Whether a migration runs too. Any object may block it: a column used by a view cannot be altered.</param>
    public static ObjectPlan For(IEnumerable<SchemaObject> wanted, IReadOnlyList<(string Name, string Hash)> recorded, bool tablesChange)
    {
        var ordered = Order([.. wanted]);
        var hashes = recorded.ToDictionary(item => item.Name, item => item.Hash, StringComparer.Ordinal);
        var affected = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in ordered)
        {
            if (tablesChange || hashes.GetValueOrDefault(item.Name) != item.Hash || UsesOf(item, ordered).Any(affected.Contains))
            {
                affected.Add(item.Name);
            }
        }

        var names = ordered.Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        var dropped = recorded
            .Select(item => item.Name)
            .Reverse()
            .Where(name => affected.Contains(name) || !names.Contains(name))
            .Except(UnderTables, StringComparer.Ordinal);
        return new(
            ordered,
            [.. names.Union(hashes.Keys, StringComparer.Ordinal)],
            [.. dropped],
            [.. ordered.Where(item => affected.Contains(item.Name))]
        );
    }

    /// <summary>The objects in the database as recorded by the last completed run; empty when there was none.</summary>
    public static async Task<IReadOnlyList<(string Name, string Hash)>> RecordedAsync(
        NpgsqlConnection connection,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            "SELECT objects::text FROM public.migration_runs WHERE outcome = 'completed' ORDER BY id DESC LIMIT 1",
            connection
        );
        return await command.ExecuteScalarAsync(cancellationToken) is string json
            ? [.. JsonSerializer.Deserialize<string[][]>(json)!.Select(pair => (pair[0], pair[1]))]
            : [];
    }

    /// <summary>The statements to run before the migrations: drops of objects, and functions that column defaults call.</summary>
    /// <param name="tables">The tables of the model. Aggregates are created elsewhere, and so are the grants on them.</param>
    public IEnumerable<string> Before(IReadOnlyCollection<string> tables) =>
        Dropped.Select(name => Drop(name, tables)).Concat(Created.Where(IsUnderTables).Select(item => item.Sql));

    /// <summary>The value to record after the plan was carried out.</summary>
    public NpgsqlParameter Record() =>
        new()
        {
            Value = JsonSerializer.Serialize(_wanted.Select(item => new[] { item.Name, item.Hash })),
            NpgsqlDbType = NpgsqlDbType.Jsonb,
        };

    /// <summary>Sorts the objects so that each comes after those that it names. Names in a function's body count as well.</summary>
    private static List<SchemaObject> Order(List<SchemaObject> objects)
    {
        var ordered = new List<SchemaObject>();
        var visiting = new HashSet<string>(StringComparer.Ordinal);
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in objects.OrderBy(IsGrants).ThenBy(item => item.Name, StringComparer.Ordinal))
        {
            Visit(item);
        }

        return ordered;

        void Visit(SchemaObject item)
        {
            if (done.Contains(item.Name))
            {
                return;
            }

            if (!visiting.Add(item.Name))
            {
                throw new InvalidOperationException($"These name each other in a circle: {string.Join(", ", visiting)}.");
            }

            foreach (var used in UsesOf(item, objects))
            {
                Visit(objects.Find(other => other.Name == used)!);
            }

            visiting.Remove(item.Name);
            done.Add(item.Name);
            ordered.Add(item);
        }
    }

    private static IEnumerable<string> UsesOf(SchemaObject item, IEnumerable<SchemaObject> objects)
    {
        var mentioned = QualifiedName()
            .Matches(AnyComment().Replace(item.Sql, ""))
            .Select(match => match.Value)
            .ToHashSet(StringComparer.Ordinal);
        return objects.Select(other => other.Name).Where(name => name != item.Name && mentioned.Contains(name));
    }

    private static bool IsGrants(SchemaObject item) => item.Name.EndsWith(".grants", StringComparison.Ordinal);

    private static bool IsUnderTables(SchemaObject item) => UnderTables.Contains(item.Name, StringComparer.Ordinal);

    private string Drop(string name, IReadOnlyCollection<string> tables)
    {
        var parts = name.Split('.');
        var (schema, table) = (parts[0], $"{parts[0]}.{parts[1]}");
        return parts is [_, _, var kind]
                ? kind switch
                {
                    // Only triggers that call functions of these files: TimescaleDB and the hourly aggregates have others on the same
                    // tables.
                    "triggers" => ForEach(
                        $"""
                        SELECT format('DROP TRIGGER %I ON {table}', tgname)
                          FROM pg_trigger
                          JOIN pg_proc f ON f.oid = tgfoid
                         WHERE tgrelid = to_regclass('{table}') AND NOT tgisinternal AND {IsOneOf("f.pronamespace", "f.proname", _known)}
                        """
                    ),
                    "policies" => ForEach(
                        $"""
                        SELECT format('DROP POLICY %I ON {table}', polname) FROM pg_policy WHERE polrelid = to_regclass('{table}')
                        UNION ALL SELECT 'ALTER TABLE {table} DISABLE ROW LEVEL SECURITY' WHERE to_regclass('{table}') IS NOT NULL
                        """
                    ),
                    "table" => $"DROP TABLE IF EXISTS {table}",
                    "storage" => "SELECT", // nothing to drop: the file sets the storage again
                    _ => throw new InvalidOperationException($"'{name}' is neither triggers nor policies, a table or storage."),
                }
            : parts[1] == "grants"
                ? ForEach(
                    $"""
                    SELECT format('REVOKE ALL ON %s FROM wyckoff_app, wyckoff_worker, wyckoff_reader', oid::regclass)
                      FROM pg_class
                     WHERE relnamespace = to_regnamespace('{schema}') AND {IsOneOf("relnamespace", "relname", tables)}
                    UNION ALL
                    SELECT 'REVOKE USAGE ON SCHEMA {schema} FROM wyckoff_app, wyckoff_worker, wyckoff_reader'
                     WHERE '{schema}' <> 'public'
                    """
                )
            // Drop all overloads: a call could still resolve to one that an earlier build left.
            : ForEach(
                $"""
                SELECT format('DROP FUNCTION %s', oid::regprocedure)
                  FROM pg_proc
                 WHERE pronamespace = to_regnamespace('{schema}') AND proname = '{parts[1]}'
                UNION ALL
                SELECT format(
                         'DROP %s %s',
                         CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TYPE' END,
                         oid::regclass)
                  FROM pg_class
                 WHERE relnamespace = to_regnamespace('{schema}') AND relname = '{parts[1]}' AND relkind IN ('v', 'm', 'c')
                """
            );
    }

    private static string IsOneOf(string schema, string name, IEnumerable<string> names) =>
        $"{schema}::regnamespace || '.' || {name} IN ('{string.Join("', '", names)}')";

    private static string ForEach(string statements) =>
        $"""
            DO $drop$ DECLARE statement text; BEGIN
              FOR statement IN {statements} LOOP EXECUTE statement; END LOOP;
            END $drop$
            """;

    /// <summary>Matches comments, in which a name does not make a dependency.</summary>
    [GeneratedRegex(
        @"--.*|COMMENT ON [^']*'([^']|'')*'(\s+'([^']|'')*')*;",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex AnyComment();

    [GeneratedRegex(@"\b[a-z_]+\.[a-z_0-9]+\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex QualifiedName();
}
