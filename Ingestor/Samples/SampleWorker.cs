using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Wyckoff.Ingestor.Samples;

/// <summary>Loads the sample data into a database that has none yet, once, at start. Not ready before that is done.</summary>
internal sealed partial class SampleWorker(SampleLoader loader, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SampleWorker> logger) : BackgroundService, IHealthCheck
{
    private const int Attempts = 5;
    private volatile bool _done;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_done ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("being loaded"));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await loader.LoadAsync(onlyIfEmpty: true, stoppingToken);
                _done = true;
                return;
            }
            catch (NpgsqlException e) when (e.IsTransient && attempt < Attempts)
            {
                Retrying(e.Message, attempt, Attempts);
                await Task.Delay(TimeSpan.FromSeconds(attempt), time, stoppingToken);
            }
            catch (NpgsqlException e)
            {
                Failed(e);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                return;
            }
        }
    }

    [LoggerMessage(2001, LogLevel.Warning, "Sample data could not be loaded ({Reason}); attempt {Attempt} of {Attempts}")]
    private partial void Retrying(string reason, int attempt, int attempts);

    [LoggerMessage(2002, LogLevel.Error, "Sample data could not be loaded")]
    private partial void Failed(Exception exception);
}
