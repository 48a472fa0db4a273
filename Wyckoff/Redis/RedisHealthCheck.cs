using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Wyckoff.Redis;

internal sealed class RedisHealthCheck(RedisConnection redis) : IHealthCheck
{
    private const string Away = "does not answer; reads come from the database";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!redis.IsConfigured)
        {
            return HealthCheckResult.Healthy(
                $"none configured (ConnectionStrings:{WyckoffHostExtensions.CacheConnection}); reads come from the database"
            );
        }

        if (redis.Current is not { } multiplexer)
        {
            return new(context.Registration.FailureStatus, Away, data: Failure(FailureClass.Away));
        }

        try
        {
            await multiplexer.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new(context.Registration.FailureStatus, Away, e, Failure(FailureClass.Of(e)));
        }
    }

    private static Dictionary<string, object> Failure(string failure) => new(StringComparer.Ordinal) { [FailureClass.Key] = failure };
}
