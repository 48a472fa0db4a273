using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Wyckoff.AppHost;

/// <summary>
/// Repeats a failing health check for up to ten seconds, so that a starting server is found within a fraction of a second. Aspire itself
/// repeats the check of an unhealthy resource only after 1, 2, 3, 4 and then every 5 seconds, which delays all waiting resources.
/// </summary>
internal static class PatientHealthChecks
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
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
            var start = time.GetTimestamp();
            while (true)
            {
                var result = await CheckOnceAsync(context, cancellationToken);
                if (result.Status == HealthStatus.Healthy || time.GetElapsedTime(start) >= Timeout)
                {
                    return result;
                }

                await Task.Delay(Pause, time, cancellationToken);
            }
        }

        private async Task<HealthCheckResult> CheckOnceAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            try
            {
                return await check.CheckHealthAsync(context, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The health check service reports an exception in the same way.
                return new(context.Registration.FailureStatus, e.Message, e);
            }
        }
    }
}
