using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Telemetry;
using Wyckoff.Timescale;

namespace Wyckoff;

/// <summary>
/// Holds a service back until the database has the schema it was built for. A composition waits for the migrations by itself; where it is published, "wait for"
/// means no more than "was started", and this is what keeps a service from running on half a schema.
/// </summary>
internal sealed class SchemaGate(NpgsqlDataSource database, IOptions<DatabaseOptions> options, TimeProvider time, ILogger<SchemaGate> logger) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var first = true; ; first = false)
        {
            var obstacle = await ObstacleAsync(cancellationToken);
            if (obstacle is null)
            {
                await WarmUpAsync(cancellationToken);
                return;
            }

            if (time.GetElapsedTime(started) >= options.Value.StartupWait)
            {
                throw new InvalidOperationException($"{obstacle} Gave up after {options.Value.StartupWait.TotalSeconds:0} s ({DatabaseOptions.Section}:{nameof(DatabaseOptions.StartupWait)}).");
            }

            if (first)
            {
                logger.WaitingForSchema(obstacle);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A pool fills only when it is asked, and the first query of a connection pays for the catalog caches: better here than in a request.</summary>
    private async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        var connections = await Task.WhenAll(Enumerable.Range(0, Math.Max(1, options.Value.MinPoolSize)).Select(_ => database.OpenConnectionAsync(cancellationToken).AsTask()));
        var edition = await TimescaleEdition.DetectAsync(connections[0], cancellationToken);
        logger.DatabaseDetected(edition.ToString(), edition.Capabilities);
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    private async Task<string?> ObstacleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            var applied = await SchemaVersion.AppliedAsync(connection, cancellationToken);
            return applied.Contains(SchemaVersion.Required, StringComparer.Ordinal)
                ? null
                : $"The database is at schema '{applied.LastOrDefault("none")}', this build needs '{SchemaVersion.Required}': run MigrationService.";
        }
        catch (NpgsqlException e) when (e is not PostgresException { SqlState: PostgresErrorCodes.InvalidPassword })
        {
            return $"The database does not answer: {e.Message}.";
        }
    }
}
