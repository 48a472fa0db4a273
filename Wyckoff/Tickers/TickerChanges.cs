using System.Globalization;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using Wyckoff.Redis;

namespace Wyckoff.Tickers;

/// <summary>
/// Announces changed and deleted tickers to all processes through Redis, so that they drop them from their <see cref="TickerDirectory"/>.
/// If a message is lost, the cached entry expires within a minute.
/// </summary>
public sealed class TickerChanges(TickerDirectory tickers, RedisConnection redis) : IHostedService
{
    /// <summary>The Redis channel; a message is the id of the changed ticker.</summary>
    public const string Channel = "wyckoff:tickers";

    private Task _listening = Task.CompletedTask;

    public void Announce(int tickerId)
    {
        tickers.Forget(tickerId);
        redis
            .Current?.GetSubscriber()
            .Publish(new RedisChannel(Channel, RedisChannel.PatternMode.Literal), tickerId, CommandFlags.FireAndForget);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not awaited: the service must start even if Redis is unavailable.
        _listening = redis.ListenAsync(
            Channel,
            message =>
            {
                if (int.TryParse(message, CultureInfo.InvariantCulture, out var id))
                {
                    tickers.Forget(id);
                }
            }
        );
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
