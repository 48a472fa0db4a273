namespace Wyckoff.LocalServers;

/// <summary>
/// What our PostgreSQL is told, wherever it runs: as a container of the AppHost, as a local process, and in <c>deploy/compose.yaml</c>, which a test
/// holds against this and the workflow reads. The measurements behind the settings are in docs/decisions.
/// </summary>
public static class PostgresSettings
{
    /// <summary>For any server.</summary>
    public static IReadOnlyDictionary<string, string> Common { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Each chunk touched takes a lock: the default of 64 ends a long import with "out of shared memory".
            ["max_locks_per_transaction"] = "1024",
            // TimescaleDB's launcher, one scheduler for each database, one worker for each policy that may run at once, and parallel queries.
            ["max_worker_processes"] = "48",
            // Compiling a plan costs more than reading a year of bars.
            ["jit"] = "off",
        };

    /// <summary>For one that has TimescaleDB.</summary>
    public static IReadOnlyDictionary<string, string> Timescale { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["shared_preload_libraries"] = "timescaledb",
            ["timescaledb.telemetry_level"] = "off",
            // With the default some policies cannot start.
            ["timescaledb.max_background_workers"] = "32",
            // Above these, chunks are closed and reopened row by row, and a load takes a hundred times as long.
            ["timescaledb.max_open_chunks_per_insert"] = "4096",
            ["timescaledb.max_cached_chunks_per_hypertable"] = "4096",
        };

    /// <summary>Both, as arguments of the server.</summary>
    public static string[] Arguments { get; } =
    [.. Common.Concat(Timescale).SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" })];
}
