using System.Globalization;
using Microsoft.Extensions.Hosting;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Redis;

namespace Wyckoff.Bars.Caching;

/// <summary>Refreshes the cache as soon as a write is announced. If a message is lost, the next request refreshes it instead.</summary>
internal sealed class CacheRenewal(BarCache cache, RedisConnection redis) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not awaited, because the service starts without Redis.
        _ = redis.ListenAsync(BarWriter.Channel, Heard);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The message is "ticker id:timeframe:version".
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
