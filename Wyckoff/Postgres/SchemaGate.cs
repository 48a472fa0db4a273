using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Timescale;

namespace Wyckoff.Postgres;

/// <summary>
/// Delays the start of a service until the database has the schema of its build. Aspire waits for the migrations only in development; in a
/// published composition "wait for" may only mean "has started", so a service could otherwise run on an incomplete schema.
/// </summary>
internal sealed class SchemaGate(
    NpgsqlDataSource database,
    IOptions<DatabaseOptions> options,
    TimeProvider time,
    ILogger<SchemaGate> logger
) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <exception cref="RefusalException">The database is not ready within the maximum wait, or the connection string is wrong.</exception>
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
                    $"{obstacle} Gave up after {options.Value.StartupWait.TotalSeconds:0} s "
                        + $"({DatabaseOptions.Section}:{nameof(DatabaseOptions.StartupWait)})."
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
                    return $"The database is at schema '{applied.LastOrDefault("none")}', "
                        + $"this build needs '{SchemaVersion.Required}': run MigrationService.";
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
            // While a migration runs, a role, a table or a right may not exist yet.
            return $"The schema of the database cannot be read: {e.Message}.";
        }
        catch (NpgsqlException e)
        {
            const string setting = "ConnectionStrings:" + WyckoffHostExtensions.DatabaseConnection;
            throw new RefusalException($"The database does not let this service in: {e.Message}. Check {setting}.", e);
        }
    }

    /// <summary>
    /// Fills the pool before the first request. A pool opens connections only on demand, and the first query on one is slow.
    /// </summary>
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
