using Npgsql;

namespace Wyckoff.Ingestor.Maintenance;

/// <summary>The database as wyckoff_worker, who may do what the services may not: a data source of its own, because it is another user.</summary>
internal sealed class MaintenanceDatabase : IAsyncDisposable
{
    public const string Connection = "worker";

    /// <summary>What health and verb say where there is no such connection.</summary>
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
            // The message of the builder may quote the string, and with it the password.
            throw new RefusalException(
                $"ConnectionStrings:{Connection} is not a connection string such as 'Host=…;Port=5432;Database=wyckoff;Username=wyckoff_worker;Password=…' ({e.GetType().Name})."
            );
        }

        (settings.MinPoolSize, settings.MaxPoolSize, settings.ApplicationName) = (0, 2, "Wyckoff.Ingestor maintenance");
        settings.Database ??= "wyckoff";
        settings.KeepAlive = settings.KeepAlive == 0 ? 30 : settings.KeepAlive;
        // Who waits to drop a chunk keeps everybody waiting who comes to read it: then rather at the next round.
        settings.Options = $"{settings.Options} -c lock_timeout=30s".Trim();
        Source = NpgsqlDataSource.Create(settings);
    }

    public NpgsqlDataSource? Source { get; }

    public ValueTask DisposeAsync() => Source?.DisposeAsync() ?? ValueTask.CompletedTask;
}
