using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Spectre.Console;
using Wyckoff.Postgres;
using Wyckoff.ServiceDefaults;
using Wyckoff.Timescale;

namespace Wyckoff.MigrationService;

/// <summary>Prints the report of <c>--status</c>.</summary>
internal static class StatusReport
{
    public static async Task WriteAsync(
        TextWriter output,
        NpgsqlConnection connection,
        WyckoffDbContext context,
        IReadOnlyList<Hypertable> declared,
        IReadOnlyList<ContinuousAggregate> aggregates,
        CancellationToken cancellationToken
    )
    {
        var console = VerbConsole.Create(output);
        var edition = await TimescaleEdition.DetectAsync(connection, cancellationToken);
        var applied = await SchemaVersion.AppliedAsync(connection, cancellationToken);
        var migrations = context.Database.GetMigrations().ToList();

        await using var size = new NpgsqlCommand("SELECT pg_size_pretty(pg_database_size(current_database()))", connection);
        var facts = console.NewTable(new(""), new("")).HideHeaders();
        facts.AddTextRow(
            "Database",
            $"{connection.Database} at {connection.Host}:{connection.Port}, {await size.ExecuteScalarAsync(cancellationToken)}"
        );
        facts.AddTextRow("Edition", $"{edition}");
        facts.AddTextRow("", edition.Capabilities);
        foreach (var migration in migrations)
        {
            facts.AddTextRow(
                "Migration",
                $"{SchemaVersion.NameOf(migration)} {(applied.Contains(migration, StringComparer.Ordinal) ? "applied" : "pending")}"
            );
        }

        foreach (var unknown in applied.Except(migrations, StringComparer.Ordinal))
        {
            facts.AddTextRow("Migration", $"{SchemaVersion.NameOf(unknown)} unknown to this build");
        }

        if (migrations.Except(applied, StringComparer.Ordinal).ToList() is [])
        {
            var recorded = await ObjectPlan.RecordedAsync(connection, cancellationToken);
            var others = SchemaObject.All.Count(item => !recorded.Contains((item.Name, item.Hash)));
            facts.AddTextRow("Objects", $"{SchemaObject.All.Count} files {(others == 0 ? "applied" : $"{others} pending")}");
            facts.AddTextRow("Last run", await LastRunAsync(connection, cancellationToken) ?? "none");
        }

        // Print these facts first, in case the tables cannot be read.
        console.Write(facts);
        console.WriteLine();

        var present = (await StoredTable.ReadAsync(connection, edition, cancellationToken)).ToDictionary(
            table => table.Name,
            StringComparer.Ordinal
        );
        var policies = edition.HasPolicies ? await PoliciesAsync(connection, cancellationToken) : [];
        var tables = console.NewTable(
            new("Table"),
            new("Kind"),
            new("Chunk"),
            Number("Chunks"),
            Number("Compressed"),
            Number("Rows (est.)"),
            Number("Size"),
            new("Compressed from, to"),
            new("Policies")
        );
        foreach (var hypertable in declared.OrderBy(hypertable => hypertable.Name, StringComparer.Ordinal))
        {
            tables.AddTextRow([
                hypertable.Name,
                .. present.TryGetValue(hypertable.Name, out var table) ? Figures(table) : ["missing", "", "", "", "", "", ""],
                string.Join('\n', policies.GetValueOrDefault(hypertable.Name) ?? []),
            ]);
        }

        console.Write(tables);
        foreach (var step in await new TimescaleReconciler(edition, declared, aggregates).PlanAsync(connection, cancellationToken))
        {
            console.WriteLine($"Pending: {step.Table}: {step.What}");
        }

        static TableColumn Number(string name) => new TableColumn(name).RightAligned();
    }

    private static async Task<string?> LastRunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT concat_ws(' ',
                     to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
                     'to', to_version, outcome, 'in', round(duration_ms), 'ms', error)
              FROM public.migration_runs
             ORDER BY id DESC LIMIT 1
            """,
            connection
        );
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>The policies of each hypertable with the result of their last run, one line each.</summary>
    private static async Task<Dictionary<string, List<string>>> PoliciesAsync(
        NpgsqlConnection connection,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT j.hypertable_schema || '.' || j.hypertable_name,
                   concat_ws(' ',
                     replace(j.proc_name, 'policy_', ''),
                     coalesce('after ' || coalesce(j.config ->> 'compress_after', j.config ->> 'drop_after')),
                     CASE
                       WHEN s.last_run_started_at > '-infinity' THEN
                         'last run ' || to_char(s.last_run_started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
                           || ' ' || s.last_run_status
                       ELSE 'not run yet'
                     END,
                     (SELECT 'error: ' || e.err_message
                        FROM timescaledb_information.job_errors e
                       WHERE e.job_id = j.job_id AND s.last_run_status = 'Failed'
                       ORDER BY e.finish_time DESC LIMIT 1))
              FROM timescaledb_information.jobs j
              LEFT JOIN timescaledb_information.job_stats s USING (job_id)
             WHERE j.hypertable_name IS NOT NULL
             ORDER BY j.proc_name
            """,
            connection
        );
        var policies = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!policies.TryGetValue(reader.GetString(0), out var lines))
            {
                policies.Add(reader.GetString(0), lines = []);
            }

            lines.Add(reader.GetString(1));
        }

        return policies;
    }

    private static string[] Figures(StoredTable table) =>
        [
            table.Chunk is null ? "table" : "hypertable",
            table.Chunk ?? "-",
            table.Chunks.ToString(CultureInfo.InvariantCulture),
            table.CompressedChunks.ToString(CultureInfo.InvariantCulture),
            table.Rows.ToString(CultureInfo.InvariantCulture),
            Size(table.Bytes),
            table.BytesBefore is { } before ? $"{Size(before)}, {Size(table.BytesAfter ?? 0)}" : "",
        ];

    // The same format as pg_size_pretty.
    private static string Size(long bytes)
    {
        string[] units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
        var (size, unit) = ((decimal)bytes, 0);
        for (; size >= 10 * 1024 && unit < units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0} {units[unit]}");
    }
}
