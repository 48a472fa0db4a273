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

        var applied = await SchemaVersion.AppliedAsync(connection, cancellationToken);
        var migrations = context.Database.GetMigrations().Select(SchemaVersion.NameOf).ToList();
        var runs = await LastRunsAsync(connection, cancellationToken);
        await output.WriteLineAsync();
        foreach (var migration in migrations)
        {
            await output.WriteLineAsync($"Migration   {migration,-24}{(applied.Contains(migration, StringComparer.Ordinal) ? "applied" : "pending"),-10}{runs.GetValueOrDefault(migration)}".TrimEnd());
        }

        foreach (var unknown in applied.Except(migrations, StringComparer.Ordinal))
        {
            await output.WriteLineAsync($"Migration   {unknown,-24}unknown to this build");
        }

        var present = await TablesAsync(connection, edition, cancellationToken);
        await output.WriteLineAsync();
        await output.WriteLineAsync($"{"Table",-34}{"Kind",-12}{"Chunk",-10}{"Chunks",8}{"Compressed",12}{"Rows (est.)",14}{"Size",12}   Compressed from, to");
        foreach (var hypertable in declared.OrderBy(hypertable => hypertable.Name, StringComparer.Ordinal))
        {
            var (figures, policies) = present.TryGetValue(hypertable.Name, out var there) ? there : ("missing", "");
            await output.WriteLineAsync($"{hypertable.Name,-34}{figures}".TrimEnd());
            foreach (var policy in policies.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                await output.WriteLineAsync("    " + policy);
            }
        }

        foreach (var step in await new TimescaleReconciler(edition, declared, aggregates).PlanAsync(connection, cancellationToken))
        {
            await output.WriteLineAsync($"Pending     {step.Table}: {step.What}");
        }
    }

    private static async Task<Dictionary<string, string>> LastRunsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var runs = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var exists = new NpgsqlCommand($"SELECT to_regclass('{RecordedHistory.Table}') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return runs;
        }

        await using var command = new NpgsqlCommand(
            $"""
            SELECT DISTINCT ON (version) version, concat_ws(' ', 'last run', direction, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), round(duration_ms) || ' ms', outcome, error)
              FROM {RecordedHistory.Table} ORDER BY version, id DESC
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            runs[reader.GetString(0)] = reader.GetString(1);
        }

        return runs;
    }

    private static async Task<Dictionary<string, (string Figures, string Policies)>> TablesAsync(NpgsqlConnection connection, TimescaleEdition edition, CancellationToken cancellationToken)
    {
        // Compression's own figures, and the errors of jobs, exist on one edition only.
        var (savings, jobs) = edition.HasPolicies
            ? ("coalesce((SELECT pg_size_pretty(before_compression_total_bytes) || ', ' || pg_size_pretty(after_compression_total_bytes) FROM hypertable_compression_stats(t.oid)), '')",
               """
               coalesce((SELECT string_agg(concat_ws(' ', replace(j.proc_name, 'policy_', ''), coalesce('after ' || coalesce(j.config ->> 'compress_after', j.config ->> 'drop_after')),
                         CASE WHEN s.last_run_started_at > '-infinity' THEN 'last run ' || to_char(s.last_run_started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' ' || s.last_run_status ELSE 'not run yet' END,
                         (SELECT 'error: ' || e.err_message FROM timescaledb_information.job_errors e WHERE e.job_id = j.job_id AND s.last_run_status = 'Failed' ORDER BY e.finish_time DESC LIMIT 1)), E'\n' ORDER BY j.proc_name)
                  FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.job_stats s USING (job_id)
                 WHERE (j.hypertable_schema, j.hypertable_name) = (h.hypertable_schema, h.hypertable_name)), '')
               """)
            : ("''", "''");
        var sql = edition.HasHypertables
            ? $"""
              SELECT t.name, 'hypertable', d.time_interval::text, h.num_chunks,
                     (SELECT count(*) FROM timescaledb_information.chunks c WHERE (c.hypertable_schema, c.hypertable_name) = (h.hypertable_schema, h.hypertable_name) AND c.is_compressed),
                     approximate_row_count(t.oid), pg_size_pretty(hypertable_size(t.oid)), {savings}, {jobs}
                FROM timescaledb_information.hypertables h
                JOIN timescaledb_information.dimensions d ON (d.hypertable_schema, d.hypertable_name, d.dimension_number) = (h.hypertable_schema, h.hypertable_name, 1)
               CROSS JOIN LATERAL (SELECT h.hypertable_schema || '.' || h.hypertable_name, format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass) AS t (name, oid)
              """
            : """
              SELECT n.nspname || '.' || c.relname, 'table', '-', 0::bigint, 0::bigint, greatest(c.reltuples, 0)::bigint, pg_size_pretty(pg_total_relation_size(c.oid)), '', ''
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
              """;
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows[reader.GetString(0)] = (
                $"{reader.GetString(1),-12}{reader.GetString(2),-10}{reader.GetInt64(3),8}{reader.GetInt64(4),12}{reader.GetInt64(5),14}{reader.GetString(6),12}   {reader.GetString(7)}",
                reader.GetString(8));
        }

        return rows;
    }
}
