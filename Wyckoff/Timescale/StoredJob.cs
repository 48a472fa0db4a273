using Npgsql;

namespace Wyckoff.Timescale;

/// <summary>A policy of TimescaleDB, with its last run.</summary>
/// <param name="Id">The id in the database.</param>
/// <param name="Procedure">What runs, such as policy_compression.</param>
/// <param name="Table">The hypertable or continuous aggregate; null for jobs without one.</param>
/// <param name="Interval">How often the job runs.</param>
/// <param name="IsScheduled">Whether it runs at all.</param>
/// <param name="LastRunAt">When the last run began; null before the first.</param>
/// <param name="LastResult">Success or Failed; null before the end of the first run.</param>
/// <param name="LastDurationMs">How long the last run took.</param>
/// <param name="NextRunAt">When the next run begins.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Failures">The number of runs that failed.</param>
public sealed record StoredJob(
    int Id,
    string Procedure,
    string? Table,
    string Interval,
    bool IsScheduled,
    DateTimeOffset? LastRunAt,
    string? LastResult,
    decimal? LastDurationMs,
    DateTimeOffset? NextRunAt,
    long Runs,
    long Failures
)
{
    /// <summary>Reads the jobs of this database's tables, without those of TimescaleDB itself.</summary>
    public static async Task<IReadOnlyList<StoredJob>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Ids below 1000 are TimescaleDB's own. A time that is not known yet is -infinity.
        await using var command = new NpgsqlCommand(
            """
            SELECT j.job_id, j.proc_name,
                   coalesce(c.view_schema || '.' || c.view_name, j.hypertable_schema || '.' || j.hypertable_name),
                   j.schedule_interval::text, j.scheduled,
                   CASE WHEN isfinite(s.last_run_started_at) THEN s.last_run_started_at END, s.last_run_status,
                   round((extract(epoch FROM s.last_run_duration) * 1000)::numeric, 2),
                   CASE WHEN isfinite(s.next_start) THEN s.next_start END,
                   coalesce(s.total_runs, 0), coalesce(s.total_failures, 0)
              FROM timescaledb_information.jobs j
              LEFT JOIN timescaledb_information.job_stats s USING (job_id)
              LEFT JOIN timescaledb_information.continuous_aggregates c
                ON (c.materialization_hypertable_schema, c.materialization_hypertable_name) = (j.hypertable_schema, j.hypertable_name)
             WHERE j.job_id >= 1000
             ORDER BY 3, 2, 1
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<StoredJob>();
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(Of(reader));
        }

        return jobs;
    }

    private static StoredJob Of(NpgsqlDataReader reader) =>
        new(
            reader.GetInt32(0),
            reader.GetString(1),
            reader.IsDBNull(2) ? null : reader.GetString(2),
            reader.GetString(3),
            reader.GetBoolean(4),
            reader.GetFieldValue<DateTimeOffset?>(5),
            reader.IsDBNull(6) ? null : reader.GetString(6),
            reader.GetFieldValue<decimal?>(7),
            reader.GetFieldValue<DateTimeOffset?>(8),
            reader.GetInt64(9),
            reader.GetInt64(10)
        );
}
