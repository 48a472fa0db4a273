using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.Pipeline;

/// <summary>A bucket of tokens for each client: a client is an address, or the /64 network of one that is IPv6, since that is what one subscriber has.</summary>
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
                    // One factory for all: what RateLimitPartition.GetTokenBucketLimiter wraps around it is made anew with every request.
                    Func<UInt128, RateLimiter> make = _ => new TokenBucketRateLimiter(bucket);
                    limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, UInt128>(context =>
                        new(Client(context.Connection.RemoteIpAddress), make)
                    );
                    limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
                    limiter.OnRejected = static (rejected, cancellationToken) =>
                    {
                        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after)
                            ? Math.Max(1, Math.Ceiling(after.TotalSeconds))
                            : 1;
                        rejected.HttpContext.Response.Headers.RetryAfter = wait.ToString(CultureInfo.InvariantCulture);
                        return new(
                            Problems.Of(Problems.TooManyRequests, Problems.TooManyRequests.Meaning).ExecuteAsync(rejected.HttpContext)
                        );
                    };
                }
            );
    }

    /// <summary>Whom the tokens are taken from.</summary>
    private static UInt128 Client(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var written))
        {
            return 0; // not from the network
        }

        return address.AddressFamily == AddressFamily.InterNetwork ? BinaryPrimitives.ReadUInt32BigEndian(bytes) | (UInt128)0xFFFF << 32
            : address.IsIPv4MappedToIPv6 ? BinaryPrimitives.ReadUInt128BigEndian(bytes)
            : BinaryPrimitives.ReadUInt128BigEndian(bytes[..written]) >> 64 << 64;
    }

    private static TokenBucketRateLimiterOptions Bucket(RateLimitOptions limit)
    {
        // Tokens come in portions where they can be divided, so that who is refused need not wait for a whole second.
        var portions = limit.PerSecond % 10 == 0 ? 10 : 1;
        return new()
        {
            TokenLimit = limit.Burst,
            TokensPerPeriod = limit.PerSecond / portions,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1) / portions,
            QueueLimit = 0,
            AutoReplenishment = false, // the partitions are replenished together
        };
    }
}
