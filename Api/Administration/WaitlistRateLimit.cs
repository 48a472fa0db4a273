using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Wyckoff.Api.Pipeline;

namespace Wyckoff.Api.Administration;

/// <summary>Limits how often one client may ask for access, in addition to the general rate limit.</summary>
internal sealed class WaitlistRateLimit : IRateLimiterPolicy<UInt128>
{
    private readonly TokenBucketRateLimiterOptions _bucket;

    public WaitlistRateLimit(IOptions<WaitlistOptions> options) =>
        _bucket = new()
        {
            TokenLimit = options.Value.Burst,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromHours(1) / options.Value.PerHour,
            QueueLimit = 0,
            AutoReplenishment = false, // the partitioned limiter replenishes all buckets together
        };

    public Func<OnRejectedContext, CancellationToken, ValueTask> OnRejected => RateLimits.RejectAsync;

    public RateLimitPartition<UInt128> GetPartition(HttpContext httpContext) =>
        new(RateLimits.Client(httpContext.Connection.RemoteIpAddress), _ => new TokenBucketRateLimiter(_bucket));
}
