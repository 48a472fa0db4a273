using System.Globalization;
using Npgsql;

namespace Wyckoff.Timescale;

/// <summary>
/// Brings the time-series storage of a database to the state that the model declares, as far as the edition allows. A plan contains only
/// missing steps: applying it is idempotent, a dry run prints it, and a verified database has an empty one. After a change to a richer
/// edition, the next run adds the features that were missing before.
/// </summary>
public sealed partial class TimescaleReconciler(
    TimescaleEdition edition,
    IReadOnlyList<Hypertable> declared,
    IReadOnlyList<ContinuousAggregate> aggregates
)
{
    /// <summary>One step of a plan: its SQL, and a description for people.</summary>
    public sealed record Step(string Table, string What, string Sql);

    private sealed record State(
        double ChunkSeconds,
        string? SegmentBy,
        string? OrderBy,
        double? CompressAfterSeconds,
        double? RetainSeconds
    );

    /// <summary>The plan for a database without tables.</summary>
    public IReadOnlyList<Step> PlanForNew()
    {
        CheckAggregates(declared, aggregates);
        return
        [
            .. edition.HasHypertables ? declared.SelectMany(hypertable => Missing(hypertable, null)) : [],
            .. aggregates.SelectMany(aggregate => Missing(aggregate, AggregateState.New)),
            .. edition.HasPolicies ? declared.SelectMany(hypertable => MissingRetention(hypertable, null)) : [],
        ];
    }

    /// <summary>The missing steps. Tables that do not exist are skipped, because a migration has to create them first.</summary>
    public async Task<IReadOnlyList<Step>> PlanAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        CheckAggregates(declared, aggregates);
        var tables = await ExistingAsync(
            connection,
            [.. declared.Select(h => h.Name), .. aggregates.Select(a => a.Body.Source)],
            cancellationToken
        );
        var there = declared.Where(h => tables.Contains(h.Name)).ToList();
        var present = edition.HasHypertables ? await ReadStateAsync(connection, cancellationToken) : [];
        var plan = new List<Step>();
        if (edition.HasHypertables)
        {
            plan.AddRange(there.SelectMany(h => Missing(h, present.GetValueOrDefault(h.Name))));
        }

        foreach (var aggregate in aggregates.Where(a => tables.Contains(a.Body.Source)))
        {
            plan.AddRange(Missing(aggregate, await ReadStateAsync(connection, aggregate, cancellationToken)));
        }

        // Retention comes last: a new policy starts at once, and rows must be aggregated before they are dropped.
        if (edition.HasPolicies)
        {
            plan.AddRange(there.SelectMany(h => MissingRetention(h, present.GetValueOrDefault(h.Name))));
        }

        return plan;
    }

    private static async Task<HashSet<string>> ExistingAsync(
        NpgsqlConnection connection,
        string[] names,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand("SELECT name FROM unnest($1) AS name WHERE to_regclass(name) IS NOT NULL", connection)
        {
            Parameters = { new() { Value = names } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var existing = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            existing.Add(reader.GetString(0));
        }

        return existing;
    }

    /// <summary>Runs the plan, each step in its own transaction. After a failure the next run continues where this one stopped.</summary>
    public static async Task ApplyAsync(NpgsqlConnection connection, IEnumerable<Step> plan, CancellationToken cancellationToken)
    {
        foreach (var step in plan)
        {
            // No timeout: moving the rows of a large table into chunks takes long.
            await using var command = new NpgsqlCommand(step.Sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private IEnumerable<Step> Missing(Hypertable hypertable, State? state)
    {
        var (name, storage) = (hypertable.Name, hypertable.Storage);
        Step Step(string what, FormattableString sql) => new(name, what, FormattableString.Invariant(sql));

        if (state is null)
        {
            // No default index: the unique key serves every read, and a second index would slow COPY down by a fifth.
            // migrate_data: the table may already have rows.
            yield return Step(
                $"make it a hypertable with chunks of {Words(storage.ChunkInterval)}",
                $"""
                SELECT create_hypertable('{name}', '{storage.TimeColumn}', chunk_time_interval => {Interval(storage.ChunkInterval)},
                  create_default_indexes => false, migrate_data => true)
                """
            );
        }
        else if (state.ChunkSeconds != storage.ChunkInterval.TotalSeconds)
        {
            yield return Step(
                $"make new chunks {Words(storage.ChunkInterval)} wide",
                $"SELECT set_chunk_time_interval('{name}', {Interval(storage.ChunkInterval)})"
            );
        }

        if (!edition.HasPolicies)
        {
            yield break;
        }

        if (storage.SegmentBy is not null && (state?.SegmentBy, state?.OrderBy) != (Columns(storage.SegmentBy), Columns(storage.OrderBy)))
        {
            yield return Step(
                $"compress by {storage.SegmentBy}, ordered by {storage.OrderBy}",
                $"""
                ALTER TABLE {name} SET (timescaledb.compress,
                  timescaledb.compress_segmentby = '{storage.SegmentBy}', timescaledb.compress_orderby = '{storage.OrderBy}')
                """
            );
        }

        if (state?.CompressAfterSeconds != storage.CompressAfter?.TotalSeconds)
        {
            var drop = state?.CompressAfterSeconds is null ? "" : $"SELECT remove_compression_policy('{name}', if_exists => true); ";
            yield return storage.CompressAfter is { } after
                ? Step($"compress what is older than {Words(after)}", $"{drop}SELECT add_compression_policy('{name}', {Interval(after)})")
                : Step("compress nothing more", $"{drop}");
        }
    }

    private static IEnumerable<Step> MissingRetention(Hypertable hypertable, State? state)
    {
        var (name, storage) = (hypertable.Name, hypertable.Storage);
        Step Step(string what, FormattableString sql) => new(name, what, FormattableString.Invariant(sql));

        if (state?.RetainSeconds != storage.Retain?.TotalSeconds)
        {
            var drop = state?.RetainSeconds is null ? "" : $"SELECT remove_retention_policy('{name}', if_exists => true); ";
            yield return storage.Retain is { } retain
                ? Step($"drop what is older than {Words(retain)}", $"{drop}SELECT add_retention_policy('{name}', {Interval(retain)})")
                : Step("keep everything", $"{drop}");
        }
    }

    private static async Task<Dictionary<string, State>> ReadStateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // A policy may exist without compression and vice versa, so settings and jobs are read separately.
        // Column lists are read in the form "a ASC,b DESC".
        const string sql = """
            SELECT h.hypertable_schema || '.' || h.hypertable_name,
                   extract(epoch FROM d.time_interval)::float8,
                   (SELECT string_agg(s.attname || ' ASC', ',' ORDER BY s.segmentby_column_index)
                      FROM timescaledb_information.compression_settings s
                     WHERE (s.hypertable_schema, s.hypertable_name) = (h.hypertable_schema, h.hypertable_name)
                       AND s.segmentby_column_index IS NOT NULL),
                   (SELECT string_agg(
                             s.attname || CASE WHEN s.orderby_asc THEN ' ASC' ELSE ' DESC' END,
                             ',' ORDER BY s.orderby_column_index)
                      FROM timescaledb_information.compression_settings s
                     WHERE (s.hypertable_schema, s.hypertable_name) = (h.hypertable_schema, h.hypertable_name)
                       AND s.orderby_column_index IS NOT NULL),
                   (SELECT extract(epoch FROM (j.config ->> 'compress_after')::interval)::float8
                      FROM timescaledb_information.jobs j
                     WHERE (j.hypertable_schema, j.hypertable_name) = (h.hypertable_schema, h.hypertable_name)
                       AND j.proc_name = 'policy_compression'),
                   (SELECT extract(epoch FROM (j.config ->> 'drop_after')::interval)::float8
                      FROM timescaledb_information.jobs j
                     WHERE (j.hypertable_schema, j.hypertable_name) = (h.hypertable_schema, h.hypertable_name)
                       AND j.proc_name = 'policy_retention')
              FROM timescaledb_information.hypertables h
              JOIN timescaledb_information.dimensions d
                ON (d.hypertable_schema, d.hypertable_name, d.dimension_number) = (h.hypertable_schema, h.hypertable_name, 1)
            """;
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var present = new Dictionary<string, State>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            present[reader.GetString(0)] = new(reader.GetDouble(1), Text(2), Text(3), Number(4), Number(5));
        }

        return present;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        double? Number(int column) => reader.IsDBNull(column) ? null : reader.GetDouble(column);
    }

    /// <summary>A column list such as "a, b DESC" in the form that ReadStateAsync gives: "a ASC,b DESC".</summary>
    private static string? Columns(string? list) =>
        list is null
            ? null
            : string.Join(
                ',',
                list.Split(',', StringSplitOptions.TrimEntries)
                    .Select(c => c.EndsWith(" DESC", StringComparison.OrdinalIgnoreCase) ? c : c + " ASC")
            );

    // Never in years, because '1 year' would become 360 days.
    private static string Interval(TimeSpan span) =>
        span.Ticks % TimeSpan.TicksPerDay == 0
            ? string.Create(CultureInfo.InvariantCulture, $"INTERVAL '{span.TotalDays} days'")
            : string.Create(CultureInfo.InvariantCulture, $"INTERVAL '{span.TotalSeconds} seconds'");

    private static string Words(TimeSpan span) =>
        span switch
        {
            { TotalDays: 1 } => "1 day",
            { Ticks: var t } when t % TimeSpan.TicksPerDay == 0 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays} days"),
            { TotalHours: 1 } => "1 hour",
            _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours} hours"),
        };
}
