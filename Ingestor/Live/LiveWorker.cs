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
/// Streams the feeds that are marked live. A provider admits one connection, so a lease decides which replica has the stream. The sync
/// fetches the bars that the stream missed. The fence of the lease keeps a replica that has lost it from writing.
/// </summary>
internal sealed class LiveWorker(
    LiveSubscriptions subscriptions,
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
    private int _unsupported;

    private bool HasKeys => !string.IsNullOrWhiteSpace(alpaca.Value.KeyId) && !string.IsNullOrWhiteSpace(alpaca.Value.SecretKey);

    /// <summary>Registers the worker. Only the service calls this, not the command-line verbs.</summary>
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

    /// <summary>
    /// Streams while this replica has the lease. Returns at once if there is nothing to stream or another replica has the lease.
    /// </summary>
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
                    Logger.LiveStarted(Provider);
                    await StreamAsync(lease, stoppingToken);
                }
            }
        }
        catch (LeaseLostException)
        {
            Logger.LiveLeaseLost(Provider);
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
            (subscription, range, token) => RepairAsync(subscription, range, lease, token),
            Time,
            // Each process has its own seed, so that replicas do not reconnect at the same time.
            new Random(HashCode.Combine(Environment.ProcessId, Environment.MachineName, Environment.TickCount64)),
            loggers.CreateLogger<LiveStream>()
        );
        // Not with the token of the lease: losing the lease has to end in the LeaseLostException below.
        stream.SetSubscriptions(await ReadAsync(cancellationToken));
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
                    stream.SetSubscriptions(await ReadAsync(stop.Token));
                    Succeed();
                }
                catch (Exception e) when (!stop.IsCancellationRequested)
                {
                    // The current live subscriptions stay as they are.
                    Fail(e);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The same cancellation ends the stream.
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

    private async Task RepairAsync(LiveSubscription subscription, TimeRange range, HeldLease lease, CancellationToken cancellationToken)
    {
        var result = await sync.EnsureAsync(
            new(subscription.Ticker.Symbol, subscription.Timeframe, range, Provider) { Fence = lease.FenceAsync },
            cancellationToken
        );
        if (result.Outcome != SyncOutcome.Success)
        {
            throw new ProviderException(result.Error ?? $"{Provider} has not answered for all of {range}.");
        }
    }

    private async Task<IReadOnlyList<LiveSubscription>> ReadAsync(CancellationToken cancellationToken)
    {
        var (supported, unsupported) = await subscriptions.ReadAsync(Provider, _fromTrades, Time.GetUtcNow(), cancellationToken);
        if (unsupported > 0 && unsupported != _unsupported)
        {
            Logger.LiveFeedsUnsupported(unsupported);
        }

        _unsupported = unsupported;
        return supported;
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
        var description = string.Create(
            CultureInfo.InvariantCulture,
            $"{(status.Connected ? "connected" : "not connected")} for {age.TotalSeconds:0} s, "
                + $"{status.Confirmed} of {status.Subscriptions} live subscriptions confirmed, "
                + $"{status.Gaps} with a gap, {status.Queued} bars waiting"
                + $"{(status.Fault is null ? "" : "; " + status.Fault)}"
        );
        return (status.Connected ? status.Fault is not null : age > options.Value.Alarm)
            ? HealthCheckResult.Degraded(description)
            : HealthCheckResult.Healthy(description);
    }
}
