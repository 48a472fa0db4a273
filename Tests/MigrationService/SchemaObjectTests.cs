using Wyckoff.Postgres;
using Wyckoff.Tests.Schema;

namespace Wyckoff.Tests.MigrationService;

/// <summary>Recreates functions, views, triggers, policies and grants in a filled database.</summary>
public abstract class SchemaObjectTests(FilledDatabase database)
{
    // Everything in Wyckoff's schemas as text, except for names that the server chooses (chunks, NOT NULL constraints).
    private const string Fingerprint = $"""
        WITH n AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ({Filling.Schemas})),
        c AS (
          SELECT c.*, n.nspname || '.' || c.relname AS name
              FROM pg_class c
              JOIN n ON n.oid = c.relnamespace
             WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')),
        p AS (
          SELECT p.*
            FROM pg_proc p
            JOIN n ON n.oid = p.pronamespace
           WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e'))
        SELECT concat_ws(' ', 'schema', nspname, obj_description(oid, 'pg_namespace'),
          (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM pg_namespace s, unnest(nspacl) a WHERE s.oid = n.oid))
          FROM n
        UNION ALL
        SELECT concat_ws(' ', 'relation', name, relkind, relowner::regrole, relrowsecurity, reloptions::text,
          obj_description(oid, 'pg_class'),
          (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(relacl, acldefault('r', relowner))) a))
          FROM c
        UNION ALL
        SELECT concat_ws(' ', 'column', name, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), attname,
          format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid), col_description(c.oid, attnum))
          FROM c
            JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
            LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
           WHERE relkind IN ('r', 'v', 'm', 'p')
        UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid)) FROM pg_index JOIN c ON c.oid = indexrelid
        UNION ALL
        SELECT concat_ws(' ', 'constraint', name, conname, pg_get_constraintdef(k.oid))
          FROM pg_constraint k
          JOIN c ON c.oid = conrelid
        UNION ALL
        SELECT concat_ws(' ', 'trigger', name, pg_get_triggerdef(t.oid))
          FROM pg_trigger t
          JOIN c ON c.oid = tgrelid
         WHERE NOT tgisinternal
        UNION ALL
        SELECT concat_ws(' ', 'policy', name, polname, polcmd, polroles::regrole[]::text, pg_get_expr(polqual, polrelid),
          pg_get_expr(polwithcheck, polrelid))
          FROM pg_policy
          JOIN c ON c.oid = polrelid
        UNION ALL
        SELECT concat_ws(' ', 'view', name, md5(pg_get_viewdef(oid)))
          FROM c
         WHERE relkind IN ('v', 'm') AND name NOT IN ('prediction.price_candles_1h', 'prediction.trade_volume_1h')
        UNION ALL
        SELECT concat_ws(' ', 'function', oid::regprocedure, proowner::regrole, md5(pg_get_functiondef(oid)),
          obj_description(oid, 'pg_proc'),
          (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(proacl, acldefault('f', proowner))) a))
          FROM p
         WHERE prokind IN ('f', 'p')
        UNION ALL
        SELECT concat_ws(' ', 'enum', n.nspname, typname, enumlabel)
          FROM pg_enum
          JOIN pg_type t ON t.oid = enumtypid
          JOIN n ON n.oid = typnamespace
        ORDER BY 1
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Recreating_all_objects_restores_the_same_schema_and_changes_no_row()
    {
        var schema = await Filling.ListAsync(database.Admin, Fingerprint, Token);
        var rows = await ContentsAsync();
        // Pretend that an earlier build had a different version of each object.
        await database.ExecuteAsync(
            """
            UPDATE public.migration_runs SET objects = (
              SELECT jsonb_agg(jsonb_build_array(o -> 0, 'another')) FROM jsonb_array_elements(objects) o),
              objects_hash = 'another'
            """
        );

        await MigrateAsync($"{SchemaObject.All.Count} functions");

        Assert.Equal(schema, await Filling.ListAsync(database.Admin, Fingerprint, Token));
        Assert.Equal(rows, await ContentsAsync());
        await MigrateAsync("is in place");
    }

    [Fact]
    public async Task A_changed_function_is_recreated_with_its_users_and_old_overloads_are_dropped()
    {
        var schema = await Filling.ListAsync(database.Admin, Fingerprint, Token);
        // Policies, views and other functions use account.current_id. A grant of an earlier build must disappear too.
        await database.ExecuteAsync(
            """
            CREATE FUNCTION account.current_id(text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
            CREATE FUNCTION market.of_an_earlier_build() RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE VIEW market.on_it AS SELECT market.of_an_earlier_build();
            GRANT SELECT ON trading.orders TO wyckoff_reader;
            UPDATE public.migration_runs SET objects_hash = 'another', objects =
              replace(replace(objects::text, '["account.current_id", "', '["account.current_id", "x'), '["trading.grants", "',
                '["trading.grants", "x')::jsonb
              || '[["market.of_an_earlier_build", "x"], ["market.on_it", "x"]]';
            """
        );

        await MigrateAsync("functions");

        Assert.Equal(schema, await Filling.ListAsync(database.Admin, Fingerprint, Token));
        await using var own = database.App.CreateCommand("SELECT count(*) FROM trading.my_orders");
        Assert.Equal(0L, await own.ExecuteScalarAsync(Token));
    }

    private async Task MigrateAsync(string said)
    {
        var (exitCode, output, error) = await Migrations.RunAsync(database.AdminConnection, database.Environment);
        Assert.True(exitCode == 0, error);
        Assert.Contains(said, output, StringComparison.Ordinal);
        (exitCode, output, _) = await Migrations.RunAsync(database.AdminConnection, database.Environment, "--verify");
        Assert.True(exitCode == 0, output);
    }

    private async Task<SortedDictionary<string, string>> ContentsAsync()
    {
        var contents = await Filling.ContentsAsync(database.Admin, Token);
        contents.Remove("public.migration_runs");
        return contents;
    }
}

public sealed class PlainSchemaObjectTests(FilledPlainDatabase database) : SchemaObjectTests(database), IClassFixture<FilledPlainDatabase>;

public sealed class ApacheSchemaObjectTests(FilledApacheDatabase database)
    : SchemaObjectTests(database),
        IClassFixture<FilledApacheDatabase>;

public sealed class CommunitySchemaObjectTests(FilledCommunityDatabase database)
    : SchemaObjectTests(database),
        IClassFixture<FilledCommunityDatabase>;
