using System.Globalization;
using Microsoft.Extensions.Hosting;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Redis;

namespace Wyckoff.Bars.Caching;

/// <summary>Has windows read anew as soon as a write is announced. A message that is lost costs the next reader a little time.</summary>
internal sealed class CacheRenewal(BarCache cache, RedisConnection redis) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not awaited: Redis may be away for as long as it likes.
        _ = redis.ListenAsync(BarWriter.Channel, Heard);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // ticker id:timeframe:version
    private void Heard(string message)
    {
        var parts = message.Split(':');
        if (
            parts.Length == 3
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticker)
            && Timeframe.TryParse(parts[1], out var timeframe)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        )
        {
            cache.Renew(ticker, timeframe, version);
        }
    }
}
