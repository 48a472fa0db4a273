using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Telemetry;
using Wyckoff.Timescale;

namespace Wyckoff.Postgres;

/// <summary>
/// Holds a service back until the database has the schema it was built for. A composition waits for the migrations by itself; where it is published, "wait for"
/// means no more than "was started", and this is what keeps a service from running on half a schema.
/// </summary>
internal sealed class SchemaGate(
    NpgsqlDataSource database,
    IOptions<DatabaseOptions> options,
    TimeProvider time,
    ILogger<SchemaGate> logger
) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <exception cref="RefusalException">The database is not ready after the longest wait, or the connection string is wrong.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var first = true; ; first = false)
        {
            var obstacle = await ObstacleAsync(cancellationToken);
            if (obstacle is null)
            {
                return;
            }

            if (time.GetElapsedTime(started) >= options.Value.StartupWait)
            {
                throw new RefusalException(
                    $"{obstacle} Gave up after {options.Value.StartupWait.TotalSeconds:0} s ({DatabaseOptions.Section}:{nameof(DatabaseOptions.StartupWait)})."
                );
            }

            if (first)
            {
                logger.WaitingForSchema(obstacle);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<string?> ObstacleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            {
                var applied = await SchemaVersion.AppliedAsync(connection, cancellationToken);
                if (!applied.Contains(SchemaVersion.Required, StringComparer.Ordinal))
                {
                    return $"The database is at schema '{applied.LastOrDefault("none")}', this build needs '{SchemaVersion.Required}': run MigrationService.";
                }

                if (await SchemaVersion.ObjectsHashAsync(connection, cancellationToken) is var objects && objects != SchemaObject.HashOfAll)
                {
                    return $"The functions and views of the database are those of another build (hash {objects ?? "none"}), "
                        + $"this build needs {SchemaObject.HashOfAll}: run MigrationService.";
                }
            }

            await WarmUpAsync(cancellationToken);
            return null;
        }
        catch (Exception e) when (DatabaseFaults.IsAway(e))
        {
            return $"The database does not answer: {e.Message}.";
        }
        catch (PostgresException e) when (e.SqlState != PostgresErrorCodes.InvalidPassword)
        {
            // In the middle of a migration a role, a table or a right may be missing that is there at the end of it.
            return $"The schema of the database cannot be read: {e.Message}.";
        }
        catch (NpgsqlException e)
        {
            const string setting = "ConnectionStrings:" + WyckoffHostExtensions.DatabaseConnection;
            throw new RefusalException($"The database does not let this service in: {e.Message}. Check {setting}.", e);
        }
    }

    /// <summary>A pool fills only when it is asked, and the first query of a connection pays for the catalog caches: better here than in a request.</summary>
    private async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        var count = Math.Max(1, options.Value.MinPoolSize);
        var opening = Enumerable.Range(0, count).Select(_ => database.OpenConnectionAsync(cancellationToken).AsTask()).ToList();
        try
        {
            var connections = await Task.WhenAll(opening);
            var edition = await TimescaleEdition.DetectAsync(connections[0], cancellationToken);
            logger.DatabaseDetected(edition.ToString(), edition.Capabilities);
        }
        finally
        {
            foreach (var opened in opening.Where(task => task.IsCompletedSuccessfully))
            {
                await (await opened).DisposeAsync();
            }
        }
    }
}
