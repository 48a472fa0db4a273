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
/// Follows the bars with the indicators: asks the database what has changed, every few seconds and whenever Redis says that something has. Any number of instances share
/// the work. Degraded when no round has been wholly successful for a while, or the database is away.
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
    private const int MostAway = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    // Room for one: whoever looks sees all there is.
    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly IReadOnlyList<Timeframe> _timeframes = options.Value.Parse();
    private volatile State _state = new(time.GetUtcNow(), null);
    private bool _subscribed;
    private bool _mayHaveMore;

    private sealed record State(DateTimeOffset Good, string? Failing);

    public static void Add(WebApplicationBuilder builder)
    {
        IndicatorOptions.Add(builder.Services);
        builder.Services.AddSingleton<IndicatorWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<IndicatorWorker>());
        builder.Services.AddHealthChecks().AddCheck<IndicatorWorker>("indicators");
    }

    /// <summary>Brings up to date what is behind now and nobody else is at. What fails is tried again in the next round, and does not keep the rest from being done.</summary>
    /// <returns>How many were behind: as many as are looked for when there may be more.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        string? failing = null;
        var awayInARow = 0;
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
                    Volatile.Write(ref awayInARow, 0);
                    if (updated is { } update)
                    {
                        Updated(window.TickerId, window.Timeframe, update.Version, update.Computed, update.Written, update.Deleted);
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // One may be a statement that took too long. After several in a row, each of the others would fail too.
                    if (DatabaseFaults.IsAway(e) && Interlocked.Increment(ref awayInARow) >= MostAway)
                    {
                        throw;
                    }

                    IndicatorTelemetry.Failed(window.Timeframe);
                    Failed(e, window.TickerId, window.Timeframe);
                    failing = $"ticker {window.TickerId.ToString(CultureInfo.InvariantCulture)} {window.Timeframe}: {FailureClass.Of(e)}";
                }
            }
        );

        _state = new(failing is null ? Time.GetUtcNow() : _state.Good, failing);
        // What failed would fail again at once.
        return failing is null ? behind.Count : 0;
    }

    protected override HealthCheckResult Health()
    {
        var (good, failing) = _state;
        var age = Time.GetUtcNow() - good;
        var words = string.Create(
            CultureInfo.InvariantCulture,
            $"last full success {age.TotalSeconds:0} s ago{(failing is null ? "" : "; failing: " + failing)}"
        );
        return age > Patience && failing is not null ? HealthCheckResult.Degraded(words) : HealthCheckResult.Healthy(words);
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
            // The subscription outlives the connection.
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
            // Without hints it is the clock alone, and the next round tries again.
            NoHints(e.Message);
        }
    }

    [LoggerMessage(
        2300,
        LogLevel.Debug,
        "Indicators of ticker {TickerId} {Timeframe} are at version {Version}: {Computed} bars computed, {Written} rows written, {Deleted} deleted"
    )]
    private partial void Updated(int tickerId, Timeframe timeframe, long version, long computed, long written, long deleted);

    [LoggerMessage(
        2301,
        LogLevel.Warning,
        "Indicators of ticker {TickerId} {Timeframe} could not be brought up to date; they are tried again"
    )]
    private partial void Failed(Exception exception, int tickerId, Timeframe timeframe);

    [LoggerMessage(2303, LogLevel.Debug, "Redis could not be asked for hints ({Reason}); the indicators go by the clock")]
    private partial void NoHints(string reason);
}
