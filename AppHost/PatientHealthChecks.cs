using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Wyckoff.AppHost;

/// <summary>
/// Aspire repeats the check of an unhealthy resource after 1, 2, 3, 4 and then every 5 seconds, and whatever waits for the resource waits for that, too.
/// So each check goes on for up to ten seconds until the resource answers: a server that comes up is found within a fraction of a second.
/// </summary>
internal static class PatientHealthChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static void AddPatienceToHealthChecks(this IServiceCollection services) =>
        services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            foreach (var registration in options.Registrations)
            {
                var create = registration.Factory;
                registration.Factory = provider => new PatientHealthCheck(create(provider), provider.GetRequiredService<TimeProvider>());
            }
        });

    private sealed class PatientHealthCheck(IHealthCheck check, TimeProvider time) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var began = time.GetTimestamp();
            while (true)
            {
                var result = await AskAsync(context, cancellationToken);
                if (result.Status == HealthStatus.Healthy || time.GetElapsedTime(began) >= Patience)
                {
                    return result;
                }

                await Task.Delay(Pause, time, cancellationToken);
            }
        }

        private async Task<HealthCheckResult> AskAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            try
            {
                return await check.CheckHealthAsync(context, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // As the health check service would report it.
                return new(context.Registration.FailureStatus, e.Message, e);
            }
        }
    }
}
