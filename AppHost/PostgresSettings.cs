namespace Wyckoff.AppHost;

/// <summary>How the PostgreSQL container is run. The measurements behind the settings are in docs/decisions.</summary>
internal static class PostgresSettings
{
    public static readonly string[] Arguments = Settings(
        "shared_preload_libraries=timescaledb",
        "timescaledb.telemetry_level=off",
        // Each chunk touched takes a lock: the default of 64 ends a long import with "out of shared memory".
        "max_locks_per_transaction=1024",
        // Above these, chunks are closed and reopened row by row, and a load takes a hundred times as long.
        "timescaledb.max_open_chunks_per_insert=4096",
        "timescaledb.max_cached_chunks_per_hypertable=4096",
        // One worker for each policy that may run at once, and some for parallel queries: with the defaults some policies cannot start.
        "max_worker_processes=48",
        "timescaledb.max_background_workers=32",
        // Compiling a plan costs more than reading a year of bars.
        "jit=off");

    private static string[] Settings(params string[] settings) => [.. settings.SelectMany(setting => new[] { "-c", setting })];
}
