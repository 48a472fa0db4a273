using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.Timescale;

namespace Wyckoff.MigrationService;

/// <summary>What <c>--status</c> prints.</summary>
internal static class StatusReport
{
    public static async Task WriteAsync(TextWriter output, NpgsqlConnection connection, WyckoffDbContext context, IReadOnlyList<Hypertable> declared, IReadOnlyList<ContinuousAggregate> aggregates, CancellationToken cancellationToken)
    {
        var edition = await TimescaleEdition.DetectAsync(connection, cancellationToken);
        await using var size = new NpgsqlCommand("SELECT pg_size_pretty(pg_database_size(current_database()))", connection);
        await output.WriteLineAsync($"Database    {connection.Database} at {connection.Host}:{connection.Port}, {await size.ExecuteScalarAsync(cancellationToken)}");
        await output.WriteLineAsync($"Edition     {edition}");
        await output.WriteLineAsync($"            {edition.Capabilities}");

        var applied = (await SchemaVersion.AppliedAsync(connection, cancellationToken)).ToHashSet(StringComparer.Ordinal);
        var migrations = context.Database.GetMigrations().Select(SchemaVersion.NameOf).ToList();
        await output.WriteLineAsync();
        foreach (var migration in migrations)
        {
            await output.WriteLineAsync($"Migration   {migration,-40} {(applied.Remove(migration) ? "applied" : "pending")}");
        }

        foreach (var unknown in applied)
        {
            await output.WriteLineAsync($"Migration   {unknown,-40} unknown to this build");
        }

        var present = await TablesAsync(connection, edition, cancellationToken);
        await output.WriteLineAsync();
        await output.WriteLineAsync($"{"Table",-28}{"Kind",-12}{"Chunk",-10}{"Chunks",8}{"Compressed",12}{"Rows (est.)",14}{"Size",12}  Policies");
        foreach (var hypertable in declared)
        {
            await output.WriteLineAsync(present.TryGetValue(hypertable.Name, out var row) ? $"{hypertable.Name,-28}{row}" : $"{hypertable.Name,-28}missing");
        }

        var plan = await new TimescaleReconciler(edition, declared, aggregates).PlanAsync(connection, cancellationToken);
        var pending = migrations.Count(name => !applied.Contains(name)) - migrations.Count;
        if (pending < 0 && plan.Count > 0)
        {
            await output.WriteLineAsync();
            foreach (var step in plan)
            {
                await output.WriteLineAsync($"Pending     {step.Table}: {step.What}");
            }
        }
    }

    private static async Task<Dictionary<string, string>> TablesAsync(NpgsqlConnection connection, TimescaleEdition edition, CancellationToken cancellationToken)
    {
        var sql = edition.HasHypertables
            ? """
              SELECT h.hypertable_schema || '.' || h.hypertable_name, 'hypertable', d.time_interval::text, h.num_chunks,
                     (SELECT count(*) FROM timescaledb_information.chunks c WHERE (c.hypertable_schema, c.hypertable_name) = (h.hypertable_schema, h.hypertable_name) AND c.is_compressed),
                     approximate_row_count(format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass),
                     pg_size_pretty(hypertable_size(format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass)),
                     coalesce((SELECT string_agg(concat_ws(' ', replace(j.proc_name, 'policy_', ''), 'after', coalesce(j.config ->> 'compress_after', j.config ->> 'drop_after'),
                                 '(' || coalesce(s.last_run_status || ' ' || to_char(s.last_successful_finish, 'YYYY-MM-DD HH24:MI'), 'not run yet') || ')'), ', ' ORDER BY j.proc_name)
                                 FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.job_stats s USING (job_id)
                                WHERE (j.hypertable_schema, j.hypertable_name) = (h.hypertable_schema, h.hypertable_name)), 'none')
                FROM timescaledb_information.hypertables h
                JOIN timescaledb_information.dimensions d ON (d.hypertable_schema, d.hypertable_name, d.dimension_number) = (h.hypertable_schema, h.hypertable_name, 1)
              """
            : """
              SELECT n.nspname || '.' || c.relname, 'table', '-', 0::bigint, 0::bigint, greatest(c.reltuples, 0)::bigint, pg_size_pretty(pg_total_relation_size(c.oid)), 'none'
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
              """;
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows[reader.GetString(0)] = $"{reader.GetString(1),-12}{reader.GetString(2),-10}{reader.GetInt64(3),8}{reader.GetInt64(4),12}{reader.GetInt64(5),14}{reader.GetString(6),12}  {reader.GetString(7)}";
        }

        return rows;
    }
}
