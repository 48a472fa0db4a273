using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Wyckoff;

internal sealed class RedisHealthCheck(RedisConnection redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!redis.IsConfigured)
        {
            return HealthCheckResult.Healthy($"none configured (ConnectionStrings:{WyckoffHostExtensions.CacheConnection}); reads come from the database");
        }

        if (redis.Current is not { } multiplexer)
        {
            return new(context.Registration.FailureStatus, "does not answer; reads come from the database");
        }

        try
        {
            await multiplexer.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is StackExchange.Redis.RedisException or TimeoutException)
        {
            return new(context.Registration.FailureStatus, "does not answer; reads come from the database", e);
        }
    }
}
