using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.Pipeline;

/// <summary>Limits each client with a token bucket. A client is an IPv4 address or an IPv6 /64 network, which is one subscriber.</summary>
public static class RateLimits
{
    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddRateLimiter(_ => { });
        services
            .AddOptions<RateLimiterOptions>()
            .Configure<IOptions<RateLimitOptions>>(
                (limiter, limit) =>
                {
                    var bucket = Bucket(limit.Value);
                    // One shared factory: RateLimitPartition.GetTokenBucketLimiter would allocate a delegate for each request.
                    Func<UInt128, RateLimiter> make = _ => new TokenBucketRateLimiter(bucket);
                    limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, UInt128>(context =>
                        new(Client(context.Connection.RemoteIpAddress), make)
                    );
                    limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
                    limiter.OnRejected = RejectAsync;
                }
            );
    }

    /// <summary>Answers a request that exceeds a limit.</summary>
    public static ValueTask RejectAsync(OnRejectedContext rejected, CancellationToken cancellationToken)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after)
            ? Math.Max(1, Math.Ceiling(after.TotalSeconds))
            : 1;
        rejected.HttpContext.Response.Headers.RetryAfter = wait.ToString(CultureInfo.InvariantCulture);
        return new(Problems.Of(Problems.TooManyRequests, Problems.TooManyRequests.Meaning).ExecuteAsync(rejected.HttpContext));
    }

    /// <summary>The key of the client's bucket.</summary>
    public static UInt128 Client(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var written))
        {
            return 0; // no network connection, as in tests
        }

        return address.AddressFamily == AddressFamily.InterNetwork ? BinaryPrimitives.ReadUInt32BigEndian(bytes) | (UInt128)0xFFFF << 32
            : address.IsIPv4MappedToIPv6 ? BinaryPrimitives.ReadUInt128BigEndian(bytes)
            : BinaryPrimitives.ReadUInt128BigEndian(bytes[..written]) >> 64 << 64;
    }

    private static TokenBucketRateLimiterOptions Bucket(RateLimitOptions limit)
    {
        // Replenishing ten times a second, if the rate is divisible, avoids that refused clients wait for a whole second.
        var portions = limit.PerSecond % 10 == 0 ? 10 : 1;
        return new()
        {
            TokenLimit = limit.Burst,
            TokensPerPeriod = limit.PerSecond / portions,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1) / portions,
            QueueLimit = 0,
            AutoReplenishment = false, // the partitioned limiter replenishes all buckets together
        };
    }
}
