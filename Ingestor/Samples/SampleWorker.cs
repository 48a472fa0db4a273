using Microsoft.Extensions.Diagnostics.HealthChecks;
using Wyckoff.Hosting;

namespace Wyckoff.Ingestor.Samples;

/// <summary>Loads the sample data into an empty database, once at start. The health check is unhealthy until that is done.</summary>
internal sealed class SampleWorker(SampleLoader loader, TimeProvider time, ILogger<SampleWorker> logger) : Worker(time, logger)
{
    private volatile bool _done;

    protected override HealthStatus HealthWhileAway => HealthStatus.Unhealthy;

    protected override HealthCheckResult Health() => _done ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("being loaded");

    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        await loader.LoadAsync(onlyIfEmpty: true, stoppingToken);
        _done = true;
        return false;
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) => Task.CompletedTask; // There is only one round.
}
