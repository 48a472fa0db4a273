using Microsoft.Extensions.Diagnostics.HealthChecks;
using Wyckoff.Hosting;
using Wyckoff.Imports;

namespace Wyckoff.Ingestor.Imports;

/// <summary>
/// Closes the imports of processes that died, once at start, so that they do not look as if they were still running, and completes undos
/// that were interrupted.
/// </summary>
internal sealed class InterruptedImports(ImportRunner runner, ImportUndo undo, TimeProvider time, ILogger<InterruptedImports> logger)
    : Worker(time, logger)
{
    protected override HealthCheckResult Health() => HealthCheckResult.Healthy();

    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        await runner.CloseInterruptedAsync(stoppingToken);
        await undo.ResumeAsync(stoppingToken);
        return false;
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) => Task.CompletedTask; // There is only one round.
}
