using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using Wyckoff.Bars.Writing;
using Wyckoff.Hosting;
using Wyckoff.Indicators;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Redis;

namespace Wyckoff.Ingestor.Indicators;

/// <summary>
/// Keeps the indicators up to date with the bars. It polls the database for changed windows every few seconds, and at once when Redis
/// announces a change. Replicas share the work. The health check is degraded when no round has fully succeeded for a while or the database
/// is unavailable.
/// </summary>
internal sealed partial class IndicatorWorker(
    IndicatorUpdater updater,
    RedisConnection redis,
    IOptions<IndicatorOptions> options,
    TimeProvider time,
    ILogger<IndicatorWorker> logger
) : Worker(time, logger)
{
    private const int WindowsAtATime = 1000;
    private const int MaxUnavailableInARow = 3;
    private static readonly TimeSpan DegradedAfter = TimeSpan.FromMinutes(5);

    // One pending hint is enough, because a round processes all changed windows.
    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly IReadOnlyList<Timeframe> _timeframes = options.Value.Parse();
    private volatile State _state = new(time.GetUtcNow(), null);
    private bool _subscribed;
    private bool _mayHaveMore;

    private sealed record State(DateTimeOffset LastSuccess, string? Failing);

    public static void Add(WebApplicationBuilder builder)
    {
        IndicatorOptions.Add(builder.Services);
        builder.Services.AddSingleton<IndicatorWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<IndicatorWorker>());
        builder.Services.AddHealthChecks().AddCheck<IndicatorWorker>("indicators");
    }

    /// <summary>
    /// Updates all windows that are behind and that no other replica is updating. A failed window does not stop the others and is retried
    /// in the next round.
    /// </summary>
    /// <returns>The number of windows that were behind; 0 if one failed, so that the next round waits.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        string? failing = null;
        var unavailableInARow = 0;
        var behind = await updater.FindBehindAsync(_timeframes, WindowsAtATime, cancellationToken);
        IndicatorTelemetry.FoundBehind(behind.Count);
        await Parallel.ForEachAsync(
            behind,
            new ParallelOptions { MaxDegreeOfParallelism = options.Value.Parallelism, CancellationToken = cancellationToken },
            async (window, token) =>
            {
                try
                {
                    var updated = await updater.UpdateAsync(window.TickerId, window.Timeframe, token);
                    Volatile.Write(ref unavailableInARow, 0);
                    if (updated is { } update)
                    {
                        Updated(window.TickerId, window.Timeframe, update.Version, update.Computed, update.Written, update.Deleted);
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A single failure may be a statement timeout. After several in a row the database is down, so the round is aborted.
                    if (DatabaseFaults.IsAway(e) && Interlocked.Increment(ref unavailableInARow) >= MaxUnavailableInARow)
                    {
                        throw;
                    }

                    IndicatorTelemetry.Failed(window.Timeframe);
                    Failed(e, window.TickerId, window.Timeframe);
                    failing = $"ticker {window.TickerId.ToString(CultureInfo.InvariantCulture)} {window.Timeframe}: {FailureClass.Of(e)}";
                }
            }
        );

        _state = new(failing is null ? Time.GetUtcNow() : _state.LastSuccess, failing);
        // A failed window would fail again at once, so the next round does not start immediately.
        return failing is null ? behind.Count : 0;
    }

    protected override HealthCheckResult Health()
    {
        var (lastSuccess, failing) = _state;
        var age = Time.GetUtcNow() - lastSuccess;
        var words = string.Create(
            CultureInfo.InvariantCulture,
            $"last full success {age.TotalSeconds:0} s ago{(failing is null ? "" : "; failing: " + failing)}"
        );
        return age > DegradedAfter && failing is not null ? HealthCheckResult.Degraded(words) : HealthCheckResult.Healthy(words);
    }

    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        if (_timeframes.Count == 0)
        {
            return false;
        }

        await SubscribeAsync();
        _mayHaveMore = await RunOnceAsync(stoppingToken) >= WindowsAtATime;
        return true;
    }

    protected override async Task WaitAsync(CancellationToken stoppingToken)
    {
        if (_mayHaveMore)
        {
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var hint = _hints.Reader.WaitToReadAsync(end.Token).AsTask();
        await Task.WhenAny(hint, Task.Delay(options.Value.Every, Time, end.Token));
        await end.CancelAsync();
        stoppingToken.ThrowIfCancellationRequested();
        _hints.Reader.TryRead(out _);
    }

    private async Task SubscribeAsync()
    {
        if (_subscribed || redis.Current is not { } multiplexer)
        {
            return;
        }

        try
        {
            // The Redis client restores the subscription after a reconnect.
            await multiplexer
                .GetSubscriber()
                .SubscribeAsync(
                    new RedisChannel(BarWriter.Channel, RedisChannel.PatternMode.Literal),
                    (_, _) => _hints.Writer.TryWrite(true)
                );
            _subscribed = true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // Polling continues without Redis. The next round tries to subscribe again.
            NoHints(e.Message);
        }
    }

    [LoggerMessage(
        2300,
        LogLevel.Debug,
        "Indicators of ticker {TickerId} {Timeframe} are at version {Version}: {Computed} bars computed, {Written} rows written, "
            + "{Deleted} deleted"
    )]
    private partial void Updated(int tickerId, Timeframe timeframe, long version, long computed, long written, long deleted);

    [LoggerMessage(2301, LogLevel.Warning, "Indicators of ticker {TickerId} {Timeframe} could not be updated; the update is retried")]
    private partial void Failed(Exception exception, int tickerId, Timeframe timeframe);

    [LoggerMessage(2303, LogLevel.Debug, "Subscribing to bar changes in Redis failed ({Reason}); changes are found by polling")]
    private partial void NoHints(string reason);
}
