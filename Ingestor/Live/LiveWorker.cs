using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Wyckoff.Bars.Writing;
using Wyckoff.Hosting;
using Wyckoff.Live;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Ingestor.Live;

/// <summary>
/// Streams the feeds that are marked live. Of all instances one has the stream, under a lease: a provider admits one connection. What it missed is fetched by the sync;
/// what it may not write any more, the fence of the lease keeps out.
/// </summary>
internal sealed class LiveWorker(
    LiveSubscriptions feeds,
    BarWriter writer,
    SyncService sync,
    LeaseStore leases,
    IOptions<AlpacaOptions> alpaca,
    IOptions<LiveOptions> options,
    IOptions<SyncOptions> syncOptions,
    TimeProvider time,
    ILoggerFactory loggers
) : Worker(time, loggers.CreateLogger<LiveWorker>())
{
    public const string Provider = "alpaca";

    private readonly HashSet<string> _fromTrades = [.. options.Value.FromTrades.Select(symbol => Symbol.Parse(symbol).Value)];
    private volatile LiveStream? _stream;
    private int _leftOut;

    private bool HasKeys => !string.IsNullOrWhiteSpace(alpaca.Value.KeyId) && !string.IsNullOrWhiteSpace(alpaca.Value.SecretKey);

    /// <summary>For the service, not for verbs.</summary>
    public static void Serve(WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptions<LiveOptions>()
            .BindConfiguration(LiveOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart()
            .Validate(
                live => live.FromTrades.All(symbol => Symbol.TryParse(symbol, out _)),
                $"{LiveOptions.Section}:FromTrades is a list of symbols."
            );
        builder.Services.AddSingleton<LiveSubscriptions>();
        builder.Services.AddSingleton<LiveWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LiveWorker>());
        builder.Services.AddHealthChecks().AddCheck<LiveWorker>("live");
    }

    /// <summary>Streams for as long as this instance has the lease. Where there is nothing to stream or another has the lease, it ends at once.</summary>
    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        if (!HasKeys)
        {
            return false;
        }

        try
        {
            if (
                (await ReadAsync(stoppingToken)).Count > 0
                && await leases.TryHoldAsync($"live/{Provider}", syncOptions.Value.Lease, stoppingToken) is { } lease
            )
            {
                await using (lease)
                {
                    Logger.LiveTaken(Provider);
                    await StreamAsync(lease, stoppingToken);
                }
            }
        }
        catch (LeaseLostException)
        {
            Logger.LiveGiven(Provider);
        }

        return true;
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) => Task.Delay(options.Value.Poll, Time, stoppingToken);

    private async Task StreamAsync(HeldLease lease, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        var stream = new LiveStream(
            new()
            {
                Url = options.Value.Url ?? new($"wss://stream.data.alpaca.markets/v2/{alpaca.Value.Feed}"),
                Key = alpaca.Value.KeyId!,
                Secret = alpaca.Value.SecretKey!,
            },
            new()
            {
                Source = Provider,
                Policy = ConflictPolicy.Replace,
                Before = lease.FenceAsync,
            },
            writer.WriteAsync,
            (feed, range, token) => RepairAsync(feed, range, lease, token),
            Time,
            // Of its own for each process, or replicas would come back together after all.
            new Random(HashCode.Combine(Environment.ProcessId, Environment.MachineName, Environment.TickCount64)),
            loggers.CreateLogger<LiveStream>()
        );
        // Not under the token of the lease: a lease that is lost meanwhile ends the stream below, as lost.
        stream.SetFeeds(await ReadAsync(cancellationToken));
        _stream = stream;
        var running = stream.RunAsync(stop.Token);
        try
        {
            while (
                await Task.WhenAny(running, Task.Delay(options.Value.Poll, Time, stop.Token)) != running && !stop.IsCancellationRequested
            )
            {
                try
                {
                    stream.SetFeeds(await ReadAsync(stop.Token));
                    Succeed();
                }
                catch (Exception e) when (!stop.IsCancellationRequested)
                {
                    // What is streamed goes on as it is.
                    Fail(e);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The stream ends too.
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stream = null;
        }

        await running;
        if (lease.Lost.IsCancellationRequested)
        {
            throw new LeaseLostException(lease.Lease.Name);
        }
    }

    private async Task RepairAsync(LiveSubscription feed, TimeRange range, HeldLease lease, CancellationToken cancellationToken)
    {
        var result = await sync.EnsureAsync(
            new(feed.Ticker.Symbol, feed.Timeframe, range, Provider) { Fence = lease.FenceAsync },
            cancellationToken
        );
        if (result.Outcome != SyncOutcome.Success)
        {
            throw new ProviderException(result.Error ?? $"{Provider} has not answered for all of {range}.");
        }
    }

    private async Task<IReadOnlyList<LiveSubscription>> ReadAsync(CancellationToken cancellationToken)
    {
        var (live, others) = await feeds.ReadAsync(Provider, _fromTrades, Time.GetUtcNow(), cancellationToken);
        if (others > 0 && others != _leftOut)
        {
            Logger.LiveFeedsLeftOut(others);
        }

        _leftOut = others;
        return live;
    }

    protected override HealthCheckResult Health()
    {
        if (!HasKeys)
        {
            return HealthCheckResult.Healthy("no provider with a stream is configured");
        }

        if (_stream?.Status is not { Wanted: true } status)
        {
            return HealthCheckResult.Healthy("nothing to stream here");
        }

        var age = Time.GetUtcNow() - status.Since;
        var words = string.Create(
            CultureInfo.InvariantCulture,
            $"{(status.Connected ? "connected" : "not connected")} for {age.TotalSeconds:0} s, {status.Subscribed} of {status.Feeds} feeds, {status.Gaps} with a gap, {status.Queued} bars waiting{(status.Fault is null ? "" : "; " + status.Fault)}"
        );
        return (status.Connected ? status.Fault is not null : age > options.Value.Alarm)
            ? HealthCheckResult.Degraded(words)
            : HealthCheckResult.Healthy(words);
    }
}
