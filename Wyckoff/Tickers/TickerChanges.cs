using System.Globalization;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using Wyckoff.Redis;

namespace Wyckoff.Tickers;

/// <summary>Tells all processes that a ticker was changed or deleted. A message that is lost costs a minute at most: see <see cref="TickerDirectory"/>.</summary>
public sealed class TickerChanges(TickerDirectory tickers, RedisConnection redis) : IHostedService
{
    /// <summary>Where a change is announced: the ticker's id.</summary>
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
        // Not awaited: no start waits for a Redis that is away.
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
