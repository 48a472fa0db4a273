using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Instrumentation.StackExchangeRedis;
using StackExchange.Redis;
using Wyckoff.Telemetry;

namespace Wyckoff.Redis;

/// <summary>
/// The process's one connection to Redis. It is made in the background and comes back by itself, so neither a start nor a request ever waits for a Redis that is away.
/// </summary>
public sealed class RedisConnection(
    IConfiguration configuration,
    ILogger<RedisConnection> logger,
    StackExchangeRedisInstrumentation? tracing = null
) : IHostedService, IAsyncDisposable
{
    private readonly string? _text = configuration.GetConnectionString(WyckoffHostExtensions.CacheConnection);
    private Task<ConnectionMultiplexer>? _connecting;

    public bool IsConfigured => !string.IsNullOrWhiteSpace(_text);

    /// <summary>The multiplexer if Redis answers now, else null: go without.</summary>
    public IConnectionMultiplexer? Current =>
        _connecting is { IsCompletedSuccessfully: true, Result: { IsConnected: true } multiplexer } ? multiplexer : null;

    /// <summary>Has every message of a channel handed to <paramref name="handle"/>, from when Redis answers on. Those sent while it did not are lost.</summary>
    public async Task ListenAsync(string channel, Action<string> handle)
    {
        if (_connecting is { } connecting)
        {
            // Where nobody answers yet, the subscription is kept, and made with the connection.
            var subscriber = (await connecting).GetSubscriber();
            await subscriber.SubscribeAsync(
                new RedisChannel(channel, RedisChannel.PatternMode.Literal),
                (_, message) => handle(message.ToString()),
                CommandFlags.FireAndForget
            );
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsConfigured)
        {
            _connecting = ConnectAsync(ConfigurationOptions.Parse(_text!));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_connecting is { IsCompletedSuccessfully: true })
        {
            await (await _connecting).CloseAsync(allowCommandsToComplete: false);
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions options)
    {
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 2000;
        options.ConnectRetry = 1;
        options.KeepAlive = 10;
        // INFO, which the status asks for, counts as an administrator's command in this client.
        options.AllowAdmin = true;
        var multiplexer = await ConnectionMultiplexer.ConnectAsync(options);
        tracing?.AddConnection(multiplexer);
        multiplexer.ConnectionFailed += (_, e) => logger.RedisAway(e.FailureType.ToString());
        multiplexer.ConnectionRestored += (_, _) => logger.RedisThere();
        if (!multiplexer.IsConnected)
        {
            logger.RedisAway("not reachable at start");
        }

        return multiplexer;
    }
}
