using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Instrumentation.StackExchangeRedis;
using StackExchange.Redis;

namespace Wyckoff.Redis;

/// <summary>
/// The connection of this process to Redis. It is opened in the background and reopens by itself, so neither the start nor a request waits
/// while Redis is away.
/// </summary>
public sealed class RedisConnection(
    IConfiguration configuration,
    ILogger<RedisConnection> logger,
    StackExchangeRedisInstrumentation? tracing = null
) : IHostedService, IAsyncDisposable
{
    private readonly string? _connectionString = configuration.GetConnectionString(WyckoffHostExtensions.CacheConnection);
    private Task<ConnectionMultiplexer>? _connecting;

    public bool IsConfigured => !string.IsNullOrWhiteSpace(_connectionString);

    /// <summary>The multiplexer while Redis answers; null otherwise, and callers then work without Redis.</summary>
    public IConnectionMultiplexer? Current =>
        _connecting is { IsCompletedSuccessfully: true, Result: { IsConnected: true } multiplexer } ? multiplexer : null;

    /// <summary>Calls <paramref name="handle"/> for every message of a channel. Messages sent while Redis is away are lost.</summary>
    public async Task ListenAsync(string channel, Action<string> handle)
    {
        if (_connecting is { } connecting)
        {
            // While Redis is away the client stores the subscription and sends it once connected.
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
            _connecting = ConnectAsync(ConfigurationOptions.Parse(_connectionString!));
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
        // This client treats INFO, which the status needs, as an admin command.
        options.AllowAdmin = true;
        var multiplexer = await ConnectionMultiplexer.ConnectAsync(options);
        tracing?.AddConnection(multiplexer);
        multiplexer.ConnectionFailed += (_, e) => logger.RedisAway(e.FailureType.ToString());
        multiplexer.ConnectionRestored += (_, _) => logger.RedisConnected();
        if (!multiplexer.IsConnected)
        {
            logger.RedisAway("not reachable at start");
        }

        return multiplexer;
    }
}
