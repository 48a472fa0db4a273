namespace Wyckoff.Tests.Schema;

/// <summary>Checks rules for the whole schema against the catalog, on each edition.</summary>
public abstract class SchemaTests(TestDatabase database)
{
    private const string Ours = $"""
        c.relnamespace::regnamespace::text IN ({Filling.Schemas})
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_index_is_documented_with_a_query_or_a_reason()
    {
        var pages = string.Concat(Directory.GetFiles(Path.Combine(Run.Root, "docs", "schema"), "*.md").Select(File.ReadAllText));
        var listed = ListedQueryTests.All.Select(query => query.Index).ToHashSet(StringComparer.Ordinal);
        var there = await ListAsync(
            $"""
            SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             WHERE {Ours}
               AND NOT EXISTS (
                 SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
            """
        );
        Assert.NotEmpty(there);
        Assert.Empty(there.Where(index => !listed.Contains(index) && !pages.Contains($"`{index}`", StringComparison.Ordinal)));
        Assert.Equal(
            ["idx_price_snapshots_ts", "idx_removed_trades_transaction", "idx_trades_ts"],
            there.Where(index => !listed.Contains(index)).Union(["idx_price_snapshots_ts", "idx_trades_ts"]).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public Task Every_documented_index_exists() =>
        EmptyAsync(
            $"""
            SELECT name
              FROM unnest(ARRAY[{string.Join(", ", ListedQueryTests.All.Select(query => $"'{query.Index}'"))}]) name
             WHERE NOT EXISTS (SELECT FROM pg_class c WHERE relname = name AND {Ours})
            """
        );

    [Fact]
    public Task No_index_is_covered_by_another() =>
        EmptyAsync(
            $"""
            SELECT c.relname || ' by ' || b.indexrelid::regclass FROM pg_index a JOIN pg_class c ON c.oid = a.indexrelid
              JOIN pg_index b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid
              JOIN pg_class other ON other.oid = b.indexrelid AND other.relam = c.relam
             WHERE {Ours} AND (NOT a.indisunique OR b.indisunique AND a.indnkeyatts = b.indnkeyatts)
               AND (b.indkey::text || ' ') LIKE (a.indkey::text || ' %')
                 AND coalesce(pg_get_expr(a.indexprs, a.indrelid), '') = coalesce(pg_get_expr(b.indexprs, b.indrelid), '')
               AND (b.indclass::text || ' ') LIKE (a.indclass::text || ' %')
               AND coalesce(pg_get_expr(a.indpred, a.indrelid), '') = coalesce(pg_get_expr(b.indpred, b.indrelid), '')
            """
        );

    [Fact]
    public Task Every_table_and_view_has_a_comment() =>
        EmptyAsync(
            $"""
            SELECT c.oid::regclass::text
              FROM pg_class c
             WHERE {Ours} AND c.relkind IN ('r', 'p', 'v', 'm') AND coalesce(obj_description(c.oid, 'pg_class'), '') = ''
            """
        );

    [Fact]
    public Task Constraints_and_indexes_are_named_by_their_kind() =>
        EmptyAsync(
            $"""
            SELECT conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
             WHERE {Ours} AND c.relkind IN ('r', 'p')
               AND conname !~ (CASE contype
                 WHEN 'p' THEN '^pk_' || relname || '$'
                 WHEN 'f' THEN '^fk_' || relname || '_'
                 WHEN 'c' THEN '^chk_' || relname || '_'
                 WHEN 'u' THEN '^(uq|ak|idx)_' || relname || '_'
                 ELSE ''
               END)
            UNION ALL
            SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
             WHERE c.relnamespace::regnamespace::text IN ({Filling.Schemas})
               AND c.relname !~ (CASE WHEN indisprimary THEN '^pk_' || t.relname || '$' ELSE '^(idx|uq|ak)_' || t.relname || '_' END)
            """
        );

    [Fact]
    public Task No_column_has_a_floating_point_type_or_a_time_without_zone() =>
        EmptyAsync(
            $"""
            SELECT c.oid::regclass || '.' || attname
              FROM pg_attribute a
              JOIN pg_class c ON c.oid = a.attrelid
              JOIN pg_type t ON t.oid = a.atttypid
             WHERE {Ours} AND c.relkind IN ('r', 'p', 'v', 'm', 'c') AND attnum > 0 AND NOT attisdropped
               AND (atttypid IN ('float4'::regtype, 'float8'::regtype, 'timestamp'::regtype, 'money'::regtype, 'timetz'::regtype)
                 OR typelem IN ('float4'::regtype, 'float8'::regtype, 'timestamp'::regtype, 'money'::regtype))
            """
        );

    [Fact]
    public Task The_service_roles_own_nothing_and_can_create_nothing() =>
        EmptyAsync(
            $"""
            WITH roles AS (
              SELECT oid, rolname FROM pg_roles WHERE rolname IN ('wyckoff_app', 'wyckoff_console', 'wyckoff_reader', 'wyckoff_worker'))
            SELECT rolname || ' owns ' || pg_describe_object(d.classid, d.objid, 0)
              FROM roles
              JOIN pg_shdepend d ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = roles.oid AND d.deptype = 'o'
                AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            UNION ALL
            SELECT rolname || ' creates in ' || nspname
              FROM roles, pg_namespace
             WHERE nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(roles.oid, pg_namespace.oid, 'CREATE')
            UNION ALL SELECT rolname || ' creates schemas' FROM roles WHERE has_database_privilege(oid, current_database(), 'CREATE')
            UNION ALL
            SELECT rolname || ' has too many rights'
              FROM pg_roles
             WHERE rolname ~ '^wyckoff_' AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls OR rolreplication)
            UNION ALL
            SELECT m.rolname || ' is a member of ' || r.rolname
              FROM pg_auth_members x
              JOIN roles m ON m.oid = x.member
              JOIN pg_roles r ON r.oid = x.roleid
            UNION ALL
            SELECT rolname || ' truncates or hooks ' || c.oid::regclass
              FROM roles, pg_class c
             WHERE {Ours} AND c.relkind IN ('r', 'p', 'm') AND has_table_privilege(roles.oid, c.oid, 'TRUNCATE, TRIGGER, REFERENCES')
            """
        );

    [Fact]
    public Task The_console_role_reads_everything_and_writes_only_tickers_and_the_view_of_bars() =>
        EmptyAsync(
            $"""
            SELECT c.oid::regclass || ' cannot be read'
              FROM pg_class c
             WHERE {Ours} AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT has_table_privilege('wyckoff_console', c.oid, 'SELECT')
            UNION ALL
            SELECT c.oid::regclass || ' has hidden rows' FROM pg_class c
             WHERE {Ours} AND c.relrowsecurity AND NOT EXISTS (
               SELECT FROM pg_policy
                WHERE polrelid = c.oid AND polcmd = 'r' AND polroles = ARRAY['wyckoff_console'::regrole::oid]
                  AND pg_get_expr(polqual, polrelid) = 'true')
            UNION ALL
            SELECT privilege || ' on ' || c.oid::regclass FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS privilege
             WHERE {Ours} AND c.relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege('wyckoff_console', c.oid, privilege)
               AND NOT (c.relname = 'ohlcv_bars' OR c.relname = 'tickers' AND privilege = 'INSERT')
            """
        );

    [Fact]
    public Task PUBLIC_has_no_grants() =>
        EmptyAsync(
            $"""
            SELECT c.oid::regclass || ': ' || privilege_type FROM pg_class c, aclexplode(relacl) WHERE {Ours} AND grantee = 0
            UNION ALL
            SELECT nspname || ': ' || privilege_type
              FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
             WHERE nspname IN ({Filling.Schemas}) AND grantee = 0 AND NOT (nspname = 'public' AND privilege_type = 'USAGE')
            """
        );

    [Fact]
    public Task A_security_definer_function_has_a_fixed_search_path_and_is_not_executable_by_PUBLIC() =>
        EmptyAsync(
            $"""
            SELECT c.oid::regprocedure::text
              FROM (SELECT oid, pronamespace AS relnamespace, proconfig, prosecdef, prorettype FROM pg_proc) c
             WHERE {Ours} AND prosecdef
               AND (NOT coalesce(array_to_string(proconfig, ';') LIKE '%search_path=%', false)
                 OR has_function_privilege('public', c.oid, 'EXECUTE') AND prorettype <> 'trigger'::regtype)
            """
        );

    [Fact]
    public async Task Unique_keys_of_a_hypertable_contain_its_time_column()
    {
        if (!database.Edition.HasHypertables)
        {
            return;
        }

        Assert.NotEqual(0L, await database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.hypertables"));
        await EmptyAsync(
            """
            SELECT i.indexrelid::regclass::text
              FROM timescaledb_information.dimensions h
              JOIN pg_index i ON i.indrelid = format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass
             WHERE i.indisunique AND h.dimension_type = 'Time'
               AND NOT EXISTS (
                 SELECT FROM pg_attribute a
                  WHERE a.attrelid = i.indrelid AND a.attname = h.column_name AND a.attnum = ANY (i.indkey::int2[]))
            """
        );
    }

    private async Task EmptyAsync(string sql) => Assert.Empty(await ListAsync(sql));

    private Task<List<string>> ListAsync(string sql) => Filling.ListAsync(database.Admin, sql, Token);
}

public sealed class PlainSchemaTests(PlainDatabase database) : SchemaTests(database), IClassFixture<PlainDatabase>;

public sealed class ApacheSchemaTests(ApacheDatabase database) : SchemaTests(database), IClassFixture<ApacheDatabase>;

public sealed class CommunitySchemaTests(CommunityDatabase database) : SchemaTests(database), IClassFixture<CommunityDatabase>;
