namespace Wyckoff.Tests.Schema;

/// <summary>Every migration goes back from a filled database and forward again, on each edition.</summary>
public abstract class RollbackTests(FilledDatabase database)
{
    // Whatever a migration can make, as text. Names of chunks and of NOT NULL constraints are the server's.
    private const string Fingerprint = $"""
        WITH n AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ({Filling.Schemas})),
        c AS (SELECT c.*, n.nspname || '.' || c.relname AS name FROM pg_class c JOIN n ON n.oid = c.relnamespace WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')),
        p AS (SELECT p.* FROM pg_proc p JOIN n ON n.oid = p.pronamespace WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e'))
        SELECT concat_ws(' ', 'schema', nspname, obj_description(oid, 'pg_namespace'), (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM pg_namespace s, unnest(nspacl) a WHERE s.oid = n.oid)) FROM n
        UNION ALL SELECT concat_ws(' ', 'relation', name, relkind, relowner::regrole, relrowsecurity, reloptions::text, obj_description(oid, 'pg_class'), (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a)) FROM c
        UNION ALL SELECT concat_ws(' ', 'column', name, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), attname, format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid), col_description(c.oid, attnum))
          FROM c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum WHERE relkind IN ('r', 'v', 'm', 'p')
        UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid)) FROM pg_index JOIN c ON c.oid = indexrelid
        UNION ALL SELECT concat_ws(' ', 'constraint', name, conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k JOIN c ON c.oid = conrelid
        UNION ALL SELECT concat_ws(' ', 'trigger', name, pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN c ON c.oid = tgrelid WHERE NOT tgisinternal
        UNION ALL SELECT concat_ws(' ', 'policy', name, polname, polcmd, polroles::regrole[]::text, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy JOIN c ON c.oid = polrelid
        UNION ALL SELECT concat_ws(' ', 'view', name, md5(pg_get_viewdef(oid))) FROM c WHERE relkind IN ('v', 'm') AND name NOT IN ('prediction.price_candles_1h', 'prediction.trade_volume_1h')
        UNION ALL SELECT concat_ws(' ', 'function', oid::regprocedure, proowner::regrole, md5(pg_get_functiondef(oid)), obj_description(oid, 'pg_proc'), (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(proacl) a)) FROM p WHERE prokind IN ('f', 'p')
        UNION ALL SELECT concat_ws(' ', 'enum', n.nspname, typname, enumlabel) FROM pg_enum JOIN pg_type t ON t.oid = enumtypid JOIN n ON n.oid = typnamespace
        ORDER BY 1
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_migration_goes_back_and_forward_again()
    {
        var schema = await Filling.ListAsync(database.Admin, Fingerprint, Token);
        var rows = await ContentsAsync();
        var migrations = await Filling.ListAsync(database.Admin, """SELECT "MigrationId" FROM public.schema_migrations ORDER BY 1""", Token);
        Assert.True(migrations.Count >= 8);

        // Two back and forward: what stands on nothing of theirs keeps its rows.
        await MigrateAsync("--to", migrations[^3], "--yes");
        var kept = await ContentsAsync();
        Assert.Equal(rows.Where(column => kept.ContainsKey(column.Key)), kept);
        Assert.NotEqual(rows.Count, kept.Count);
        await MigrateAsync();
        var again = await ContentsAsync();
        Assert.Equal(kept, again.Where(column => kept.ContainsKey(column.Key)));
        // How far bars reach is found out anew.
        foreach (var end in new[] { "market.bar_windows.since", "market.bar_windows.until" })
        {
            Assert.Equal(rows[end], again[end]);
        }

        rows = again;
        Assert.Equal(schema, await Filling.ListAsync(database.Admin, Fingerprint, Token));

        // All the way, one by one.
        for (var last = migrations.Count - 1; last >= 0; last--)
        {
            await MigrateAsync("--to", last == 0 ? "0" : migrations[last - 1], "--yes");
            var left = await ContentsAsync();
            Assert.Equal(rows.Where(column => left.ContainsKey(column.Key)), left);
        }

        Assert.Empty(await ContentsAsync());
        Assert.Equal(["public"], await Filling.ListAsync(database.Admin, $"SELECT nspname::text FROM pg_namespace WHERE nspname IN ({Filling.Schemas})", Token));

        await MigrateAsync();
        await MigrateAsync("--verify");
        Assert.Equal(schema, await Filling.ListAsync(database.Admin, Fingerprint, Token));
    }

    private async Task MigrateAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await Migrations.RunAsync(database.AdminConnection, database.Environment, arguments);
        Assert.True(exitCode == 0, $"{string.Join(' ', arguments)}: {error}{output}");
    }

    /// <summary>Of each column of our tables: how many rows, and a checksum over all of them. By column, since a migration may have added some to a table that was there.</summary>
    private async Task<SortedDictionary<string, string>> ContentsAsync()
    {
        var queries = await Filling.ListAsync(
            database.Admin,
            $"""
            SELECT format('SELECT unnest(ARRAY[%s]) FROM (SELECT count(*) AS rows, %s FROM %I.%I) t', string_agg(format('%L || rows || '' '' || sum_%s', table_schema || '.' || table_name || '.' || column_name || ' ', ordinal_position), ', '),
                          string_agg(format('coalesce(sum(hashtextextended(%I::text, 0)::numeric), 0) AS sum_%s', column_name, ordinal_position), ', '), table_schema, table_name)
              FROM information_schema.tables JOIN information_schema.columns USING (table_schema, table_name)
             WHERE table_type = 'BASE TABLE' AND table_schema IN ({Filling.Schemas}) AND table_name NOT IN ('migration_runs', 'schema_migrations') -- the migrator's own
             GROUP BY table_schema, table_name
            """,
            Token);
        var contents = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var query in queries)
        {
            foreach (var sum in await Filling.ListAsync(database.Admin, query, Token))
            {
                var (column, value) = (sum[..sum.IndexOf(' ', StringComparison.Ordinal)], sum[sum.IndexOf(' ', StringComparison.Ordinal)..]);
                contents.Add(column, value);
            }
        }

        return contents;
    }
}

public sealed class PlainRollbackTests(FilledPlainDatabase database) : RollbackTests(database), IClassFixture<FilledPlainDatabase>;

public sealed class ApacheRollbackTests(FilledApacheDatabase database) : RollbackTests(database), IClassFixture<FilledApacheDatabase>;

public sealed class CommunityRollbackTests(FilledCommunityDatabase database) : RollbackTests(database), IClassFixture<FilledCommunityDatabase>;
