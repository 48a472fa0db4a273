namespace Wyckoff.AppHost;

/// <summary>How the PostgreSQL container is run. The measurements behind the settings are in docs/decisions.</summary>
internal static class DatabaseServer
{
    // The container's default of 64 MB ends parallel queries with "could not resize shared memory segment".
    public const string SharedMemory = "256m";

    public static readonly string[] Arguments = Settings(
        "shared_preload_libraries=timescaledb",
        "timescaledb.telemetry_level=off",
        // Each chunk touched takes a lock: the default of 64 ends a long import with "out of shared memory".
        "max_locks_per_transaction=1024",
        // Above these, chunks are closed and reopened row by row, and a load takes a hundred times as long.
        "timescaledb.max_open_chunks_per_insert=4096",
        "timescaledb.max_cached_chunks_per_hypertable=4096",
        // One worker for each policy that may run at once, and some for parallel queries: with the defaults the policies of a first start fail to start.
        "max_worker_processes=48",
        "timescaledb.max_background_workers=32",
        // Compiling a plan costs more than reading a year of bars.
        "jit=off");

    /// <summary>In run mode the container outlives the AppHost, so that the next start takes seconds; in every mode its data outlives the container.</summary>
    public static IResourceBuilder<PostgresServerResource> KeepData(this IResourceBuilder<PostgresServerResource> postgres, Placement placement)
    {
        // Tests start on nothing and leave nothing.
        if (postgres.ApplicationBuilder.Configuration.IsOn("Wyckoff:Ephemeral"))
        {
            return postgres;
        }

        postgres.WithDataVolume("wyckoff-postgres-data");
        return placement is Placement.Containers
            ? postgres.WithContainerName("wyckoff-postgres").WithLifetime(ContainerLifetime.Persistent)
            : postgres;
    }

    public static IResourceBuilder<PostgresServerResource> OfferPgAdmin(this IResourceBuilder<PostgresServerResource> postgres, Placement placement) =>
        placement is Placement.Containers && postgres.ApplicationBuilder.Configuration.IsOn("Wyckoff:PgAdmin")
            ? postgres.WithPgAdmin(pgAdmin => pgAdmin.WithImageTag(Images.PgAdminTag))
            : postgres;

    private static string[] Settings(params string[] settings) => [.. settings.SelectMany(setting => new[] { "-c", setting })];
}
