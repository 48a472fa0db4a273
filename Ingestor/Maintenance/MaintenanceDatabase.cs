using Npgsql;

namespace Wyckoff.Ingestor.Maintenance;

/// <summary>The data source for maintenance. It connects as wyckoff_worker, a role with more rights than the services' role.</summary>
internal sealed class MaintenanceDatabase : IAsyncDisposable
{
    public const string Connection = "worker";

    /// <summary>The text shown by the health check and the verb if the connection string is missing.</summary>
    public const string Absent = $"no ConnectionStrings:{Connection}: maintenance does not run here";

    public MaintenanceDatabase(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return;
        }

        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new(connectionString);
        }
        catch (ArgumentException e)
        {
            // The message of the exception is left out: it can quote the connection string with its password.
            throw new RefusalException(
                $"ConnectionStrings:{Connection} is not a connection string such as "
                    + $"'Host=…;Port=5432;Database=wyckoff;Username=wyckoff_worker;Password=…' ({e.GetType().Name})."
            );
        }

        (settings.MinPoolSize, settings.MaxPoolSize, settings.ApplicationName) = (0, 2, "Wyckoff.Ingestor maintenance");
        settings.Database ??= "wyckoff";
        settings.KeepAlive = settings.KeepAlive == 0 ? 30 : settings.KeepAlive;
        // Dropping a chunk waits for its readers, and new readers queue behind it. After 30 s maintenance gives up until the next round.
        settings.Options = $"{settings.Options} -c lock_timeout=30s".Trim();
        Source = NpgsqlDataSource.Create(settings);
    }

    /// <summary>Null if there is no connection string.</summary>
    public NpgsqlDataSource? Source { get; }

    public ValueTask DisposeAsync() => Source?.DisposeAsync() ?? ValueTask.CompletedTask;
}
