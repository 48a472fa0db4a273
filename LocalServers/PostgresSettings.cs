namespace Wyckoff.LocalServers;

/// <summary>
/// The settings of every PostgreSQL server: a container of the AppHost, a local process, and <c>deploy/compose.yaml</c>, which CI reads
/// and a test compares with this class. The measurements behind the settings are in docs/decisions.
/// </summary>
public static class PostgresSettings
{
    /// <summary>The settings of all servers.</summary>
    public static IReadOnlyDictionary<string, string> Common { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Each accessed chunk takes a lock. With the default of 64 a long import fails with "out of shared memory".
            ["max_locks_per_transaction"] = "1024",
            // TimescaleDB needs a launcher, a scheduler per database and a worker per running policy; parallel queries need workers too.
            ["max_worker_processes"] = "48",
            // JIT compilation of a plan takes longer than reading a year of bars.
            ["jit"] = "off",
        };

    /// <summary>The additional settings of servers with TimescaleDB.</summary>
    public static IReadOnlyDictionary<string, string> Timescale { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["shared_preload_libraries"] = "timescaledb",
            ["timescaledb.telemetry_level"] = "off",
            // With the default, some policies cannot start.
            ["timescaledb.max_background_workers"] = "32",
            // Above these limits, chunks are closed and reopened for each row, and a load takes a hundred times as long.
            ["timescaledb.max_open_chunks_per_insert"] = "4096",
            ["timescaledb.max_cached_chunks_per_hypertable"] = "4096",
        };

    /// <summary>All settings as arguments of the server program.</summary>
    public static string[] Arguments { get; } =
    [.. Common.Concat(Timescale).SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" })];
}
