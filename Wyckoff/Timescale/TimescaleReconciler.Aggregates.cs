using System.Globalization;
using Npgsql;

namespace Wyckoff.Timescale;

/// <summary>Plans continuous aggregates, and the tables that stand in for them on editions without.</summary>
public sealed partial class TimescaleReconciler
{
    private enum Kind
    {
        Absent,
        Table,
        Aggregate,
    }

    // Materialized: the aggregate has stored buckets. RowsToTakeOver: the stand-in table of a poorer edition still exists, and enough is
    // materialized that rows copied from it will be visible.
    private sealed record AggregateState(
        Kind Kind,
        bool HasFunction,
        bool RealTime,
        bool Materialized,
        double? FromSeconds,
        double? UpToSeconds,
        double? EverySeconds,
        bool RowsToTakeOver
    )
    {
        public static readonly AggregateState New = new(Kind.Absent, false, false, false, null, null, null, false);
    }

    /// <summary>
    /// Checks that retention and refresh ranges do not overlap. Rows dropped before they are aggregated would be lost, and a refresh over
    /// dropped rows would empty their buckets.
    /// </summary>
    public static void CheckAggregates(IReadOnlyList<Hypertable> declared, IReadOnlyList<ContinuousAggregate> aggregates)
    {
        foreach (var aggregate in aggregates)
        {
            var source =
                declared.FirstOrDefault(h => h.Name == aggregate.Body.Source)
                ?? throw new StorageDeclarationException(
                    $"{aggregate.Name} sums up {aggregate.Body.Source}, which is not declared as a hypertable."
                );
            var body = aggregate.Body;
            if (source.Storage.Retain <= body.RefreshFrom)
            {
                throw new StorageDeclarationException(
                    $"{aggregate.Name} is refreshed from {Words(body.RefreshFrom)} ago, "
                        + $"but {source.Name} keeps only {Words(source.Storage.Retain.Value)}: "
                        + $"set Wyckoff:Aggregates:{aggregate.View}:RefreshFrom below it."
                );
            }

            if (body.RefreshFrom < body.RefreshUpTo + (2 * body.BucketWidth))
            {
                throw new StorageDeclarationException(
                    $"{aggregate.Name}: between {Words(body.RefreshFrom)} and {Words(body.RefreshUpTo)} ago "
                        + $"there have to be at least two buckets of {Words(body.BucketWidth)}."
                );
            }

            if (source.Storage.ChunkInterval.Ticks % body.BucketWidth.Ticks != 0)
            {
                throw new StorageDeclarationException(
                    $"{aggregate.Name}: chunks of {Words(source.Storage.ChunkInterval)} in {source.Name} "
                        + $"would be dropped in the middle of a bucket of {Words(body.BucketWidth)}."
                );
            }
        }
    }

    private IEnumerable<Step> Missing(ContinuousAggregate aggregate, AggregateState state) =>
        edition.HasPolicies ? MissingAggregate(aggregate, state) : MissingTable(aggregate, state);

    private static IEnumerable<Step> MissingAggregate(ContinuousAggregate aggregate, AggregateState state)
    {
        var (name, body) = (aggregate.Name, aggregate.Body);
        Step Step(string what, FormattableString sql) => new(name, what, FormattableString.Invariant(sql));

        if (state.Kind == Kind.Table)
        {
            // This table has buckets whose rows the source no longer has, so it stays until they are copied into the aggregate.
            yield return Step(
                $"put the table aside as {aggregate.FormerTable}",
                $"""
                DROP TRIGGER IF EXISTS mark_{aggregate.View} ON {body.Source};
                DROP FUNCTION IF EXISTS {aggregate.Schema}.mark_{aggregate.View}();
                DROP FUNCTION IF EXISTS {aggregate.RefreshFunction}(timestamptz);
                DROP TABLE IF EXISTS {aggregate.StaleTable};
                DROP INDEX IF EXISTS {aggregate.Schema}.{ByTime(aggregate)};
                ALTER TABLE {name} RENAME CONSTRAINT pk_{aggregate.View} TO pk_{aggregate.View}_before;
                ALTER TABLE {name} RENAME TO {aggregate.View}_before
                """
            );
        }

        if (state.Kind != Kind.Aggregate)
        {
            // WITH NO DATA, because TimescaleDB refuses the other in a transaction. Not materialized_only, so that the newest buckets are
            // computed from the source.
            yield return Step(
                $"sum up {body.Source} by {Words(body.BucketWidth)} as a continuous aggregate",
                $"""
                CREATE MATERIALIZED VIEW {name} WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
                {Select(body, $"time_bucket({Interval(body.BucketWidth)}, {body.TimeColumn})")}
                WITH NO DATA;
                GRANT SELECT ON {name} TO {body.Readers};
                COMMENT ON VIEW {name} IS
                  'Continuous aggregate: {body.Source} summed up by {Words(body.BucketWidth)}, with the newest buckets from the source.'
                """
            );
        }
        else if (!state.RealTime)
        {
            yield return Step(
                "add the newest buckets from the source",
                $"ALTER MATERIALIZED VIEW {name} SET (timescaledb.materialized_only = false)"
            );
        }

        if (state.FromSeconds is null)
        {
            // Refresh before the policy is added: the policy starts its job at once, and two refreshes of one aggregate collide. Not up to
            // now, because the open bucket would be materialized too early. Only the first refresh starts at NULL, the beginning of time:
            // a later one would empty the buckets whose rows are dropped.
            var from = state.Materialized ? $"now() - {Interval(body.RefreshFrom)}" : "NULL";
            yield return Step(
                "fill it from what there is",
                $"CALL refresh_continuous_aggregate('{name}', {from}, now() - {Interval(body.RefreshUpTo)})"
            );
        }

        if (state.Kind == Kind.Table || state.RowsToTakeOver)
        {
            yield return Step($"take over what only {aggregate.FormerTable} has", $"{TakeOver(aggregate)}");
        }

        if (
            (state.FromSeconds, state.UpToSeconds, state.EverySeconds)
            != (body.RefreshFrom.TotalSeconds, body.RefreshUpTo.TotalSeconds, body.RefreshEvery.TotalSeconds)
        )
        {
            var drop = state.FromSeconds is null ? "" : $"SELECT remove_continuous_aggregate_policy('{name}', if_exists => true); ";
            yield return Step(
                $"refresh it every {Words(body.RefreshEvery)}, from {Words(body.RefreshFrom)} to {Words(body.RefreshUpTo)} ago",
                $"""
                {drop}SELECT add_continuous_aggregate_policy('{name}', start_offset => {Interval(body.RefreshFrom)},
                  end_offset => {Interval(body.RefreshUpTo)}, schedule_interval => {Interval(body.RefreshEvery)})
                """
            );
        }
    }

    // Copies rows into the aggregate's own storage, before the range that its refreshes cover. The table is dropped only when all its rows
    // are visible in the aggregate; otherwise the next run tries again.
    private static string TakeOver(ContinuousAggregate aggregate)
    {
        var (name, body, former) = (aggregate.Name, aggregate.Body, aggregate.FormerTable);
        var columns = string.Join(", ", ColumnNames(body));
        var same = "x.bucket = f.bucket" + string.Concat(KeyNames(body).Select(key => $" AND x.{key} IS NOT DISTINCT FROM f.{key}"));
        return $"""
            DO $$
            DECLARE
              storage regclass := (
                SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)
                  FROM timescaledb_information.continuous_aggregates
                 WHERE (view_schema, view_name) = ('{aggregate.Schema}', '{aggregate.View}'));
            BEGIN
              EXECUTE format(
                'INSERT INTO %s ({columns})
                 SELECT {columns} FROM {former} f
                  WHERE NOT EXISTS (SELECT FROM {name} x WHERE {same})
                    AND NOT EXISTS (SELECT FROM %s x WHERE {same})',
                storage, storage);
              IF NOT EXISTS (SELECT FROM {former} f WHERE NOT EXISTS (SELECT FROM {name} x WHERE {same})) THEN
                DROP TABLE {former};
              END IF;
            END $$
            """;
    }

    private static IEnumerable<Step> MissingTable(ContinuousAggregate aggregate, AggregateState state)
    {
        if (state.Kind == Kind.Aggregate || (state.Kind == Kind.Table && state.HasFunction))
        {
            yield break;
        }

        var (name, schema, body, stale) = (aggregate.Name, aggregate.Schema, aggregate.Body, aggregate.StaleTable);
        var select = Select(body, $"date_bin({Interval(body.BucketWidth)}, {body.TimeColumn}, {Origin})");
        var keys = string.Join(", ", KeyNames(body));
        var updates = string.Join(", ", body.Columns.Select(c => $"{c.Name} = excluded.{c.Name}"));

        // The trigger only inserts into the stale table, so writers do not wait for each other. The refresh deletes the marks in a
        // statement before the one that reads the rows. The mark of an uncommitted row is not visible either, so it stays for the next
        // refresh.
        yield return new(
            name,
            $"sum up {body.Source} by {Words(body.BucketWidth)} in a table that {aggregate.RefreshFunction}() keeps current",
            $"""
            CREATE TABLE IF NOT EXISTS {name} AS {select} WITH NO DATA;
            ALTER TABLE {name}
              DROP CONSTRAINT IF EXISTS pk_{aggregate.View},
              ADD CONSTRAINT pk_{aggregate.View} PRIMARY KEY ({keys}, bucket);
            COMMENT ON TABLE {name} IS
              'Stands in for a continuous aggregate, which this edition does not have: '
              'call {aggregate.RefreshFunction}() to bring it up to date.';
            CREATE INDEX IF NOT EXISTS {ByTime(aggregate)} ON {body.Source} USING brin ({body.TimeColumn});
            CREATE TABLE IF NOT EXISTS {stale} (bucket timestamptz NOT NULL);
            COMMENT ON TABLE {stale} IS 'Buckets of {name} that have had rows since they were summed up.';
            CREATE OR REPLACE FUNCTION {schema}.mark_{aggregate.View}() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
            BEGIN
              INSERT INTO {stale} SELECT DISTINCT date_bin({Interval(body.BucketWidth)}, {body.TimeColumn}, {Origin}) FROM added;
              RETURN NULL;
            END $$;
            CREATE OR REPLACE TRIGGER mark_{aggregate.View} AFTER INSERT ON {body.Source}
              REFERENCING NEW TABLE AS added
              FOR EACH STATEMENT EXECUTE FUNCTION {schema}.mark_{aggregate.View}();
            CREATE OR REPLACE FUNCTION {aggregate.RefreshFunction}(as_of timestamptz DEFAULT now()) RETURNS bigint
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
            DECLARE
              buckets timestamptz[];
              changed bigint := 0;
              late bigint;
            BEGIN
              PERFORM pg_advisory_xact_lock(hashtextextended('{name}', 0));
              WITH taken AS (DELETE FROM {stale} RETURNING bucket)
              SELECT array_agg(DISTINCT bucket) FROM taken INTO buckets;
              INSERT INTO {name} AS a
              SELECT s.* FROM unnest(buckets) AS b(start) CROSS JOIN LATERAL ({Select(
                body,
                "b.start",
                $"{body.TimeColumn} >= b.start AND {body.TimeColumn} < b.start + {Interval(body.BucketWidth)}"
            )}) AS s
               WHERE b.start >= as_of - {Interval(body.RefreshFrom)}
              ON CONFLICT ({keys}, bucket) DO UPDATE SET {updates};
              GET DIAGNOSTICS changed = ROW_COUNT;
              -- The other rows of so old a bucket may be dropped already, so an existing result is kept.
              INSERT INTO {name} AS a
              SELECT s.* FROM unnest(buckets) AS b(start) CROSS JOIN LATERAL ({Select(
                body,
                "b.start",
                $"{body.TimeColumn} >= b.start AND {body.TimeColumn} < b.start + {Interval(body.BucketWidth)}"
            )}) AS s
               WHERE b.start < as_of - {Interval(body.RefreshFrom)}
              ON CONFLICT ({keys}, bucket) DO NOTHING;
              GET DIAGNOSTICS late = ROW_COUNT;
              RETURN changed + late;
            END $$;
            COMMENT ON FUNCTION {aggregate.RefreshFunction}(timestamptz) IS
              'Brings {name} up to date and returns how many of its rows were written.';
            REVOKE EXECUTE ON FUNCTION {aggregate.RefreshFunction}(timestamptz) FROM PUBLIC;
            REVOKE EXECUTE ON FUNCTION {schema}.mark_{aggregate.View}() FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {aggregate.RefreshFunction}(timestamptz) TO {body.Refresher};
            GRANT SELECT ON {name} TO {body.Readers};
            INSERT INTO {stale} SELECT DISTINCT date_bin({Interval(body.BucketWidth)}, {body.TimeColumn}, {Origin}) FROM {body.Source};
            SELECT {aggregate.RefreshFunction}()
            """
        );
    }

    // The origin of time_bucket, so that both give the same buckets.
    private const string Origin = "TIMESTAMPTZ '2000-01-03 00:00:00+00'";

    // A refresh reads a bucket by time alone, which the key of the source does not serve. A block-range index takes hardly any space.
    private static string ByTime(ContinuousAggregate aggregate) =>
        $"idx_{aggregate.Body.Source.Split('.')[^1]}_{aggregate.Body.TimeColumn}";

    private static string Select(ContinuousAggregateDeclaration body, string bucket, string? where = null) =>
        $"SELECT {bucket} AS bucket, {body.Keys}, {string.Join(", ", body.Columns.Select(c => $"{c.Sql} AS {c.Name}"))} "
        + $"FROM {body.Source}{(where is null ? "" : " WHERE " + where)} GROUP BY {bucket}, {body.Keys}";

    private static string[] KeyNames(ContinuousAggregateDeclaration body) => body.Keys.Split(',', StringSplitOptions.TrimEntries);

    private static IEnumerable<string> ColumnNames(ContinuousAggregateDeclaration body) =>
        ["bucket", .. KeyNames(body), .. body.Columns.Select(c => c.Name)];

    private async Task<AggregateState> ReadStateAsync(
        NpgsqlConnection connection,
        ContinuousAggregate aggregate,
        CancellationToken cancellationToken
    )
    {
        await using var relation = new NpgsqlCommand(
            """
            SELECT coalesce((SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)), ''),
                   to_regprocedure($2) IS NOT NULL,
                   to_regclass($3) IS NOT NULL
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = aggregate.Name },
                new() { Value = aggregate.RefreshFunction + "(timestamptz)" },
                new() { Value = aggregate.FormerTable },
            },
        };
        var (kind, hasFunction, hasFormer) = (Kind.Absent, false, false);
        await using (var reader = await relation.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                kind = reader.GetString(0) switch
                {
                    "" => Kind.Absent,
                    "r" => Kind.Table,
                    _ => Kind.Aggregate,
                };
                (hasFunction, hasFormer) = (reader.GetBoolean(1), reader.GetBoolean(2));
            }
        }

        if (kind != Kind.Aggregate || !edition.HasPolicies)
        {
            return AggregateState.New with { Kind = kind, HasFunction = hasFunction };
        }

        // While nothing is materialized the aggregate shows only rows computed from its source, and copied rows would be hidden.
        var sql = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT NOT a.materialized_only,
                   EXISTS (
                     SELECT FROM timescaledb_information.chunks c
                      WHERE (c.hypertable_schema, c.hypertable_name)
                        = (a.materialization_hypertable_schema, a.materialization_hypertable_name)),
                   extract(epoch FROM (j.config ->> 'start_offset')::interval)::float8,
                   extract(epoch FROM (j.config ->> 'end_offset')::interval)::float8,
                   extract(epoch FROM j.schedule_interval)::float8,
                   EXISTS (SELECT FROM {aggregate.Body.Source} WHERE {aggregate.Body.TimeColumn} < now() - {Interval(
                aggregate.Body.RefreshUpTo + aggregate.Body.BucketWidth
            )})
              FROM timescaledb_information.continuous_aggregates a
              LEFT JOIN timescaledb_information.jobs j
                ON (j.hypertable_schema, j.hypertable_name, j.proc_name)
                 = (a.view_schema, a.view_name, 'policy_refresh_continuous_aggregate')
             WHERE (a.view_schema, a.view_name) = ($1, $2)
            """
        );
        await using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters =
            {
                new() { Value = aggregate.Schema },
                new() { Value = aggregate.View },
            },
        };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new(
            kind,
            hasFunction,
            row.GetBoolean(0),
            row.GetBoolean(1),
            Number(row, 2),
            Number(row, 3),
            Number(row, 4),
            hasFormer && row.GetBoolean(5)
        );

        static double? Number(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);
    }
}
