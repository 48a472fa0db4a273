using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wyckoff.AppHost;

internal static class Outcome
{
    /// <summary>
    /// Publishing runs as a background service, and on .NET 10 a host whose background service throws ends with 0:
    /// without this, a pipeline that publishes would go on with half a result.
    /// </summary>
    public static int ExitCode(this DistributedApplication application) =>
        application.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
}
