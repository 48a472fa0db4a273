using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.MarketData;
using Wyckoff.MarketData.Live;
using Wyckoff.MarketData.Providers;
using Wyckoff.MarketData.Sync;
using Wyckoff.Primitives;

namespace Wyckoff.Ingestor.Live;

/// <summary>
/// Streams the feeds that are marked live. Of all instances one has the stream, under a lease: a provider admits one connection. What it missed is fetched by the sync;
/// what it may not write any more, the fence of the lease keeps out.
/// </summary>
internal sealed class LiveWorker(
    LiveFeeds feeds,
    BarWriter writer,
    SyncService sync,
    LeaseStore leases,
    IOptions<AlpacaOptions> alpaca,
    IOptions<LiveOptions> options,
    IOptions<SyncOptions> syncOptions,
    TimeProvider time,
    ILoggerFactory loggers)
    : BackgroundService, IHealthCheck
{
    public const string Provider = "alpaca";

    private readonly ILogger _logger = loggers.CreateLogger<LiveWorker>();
    private readonly HashSet<string> _fromTrades = [.. options.Value.FromTrades.Select(symbol => Symbol.Parse(symbol).Value)];
    private volatile LiveStream? _stream;
    private int _leftOut;

    private bool HasKeys => !string.IsNullOrWhiteSpace(alpaca.Value.KeyId) && !string.IsNullOrWhiteSpace(alpaca.Value.SecretKey);

    /// <summary>For the service, not for verbs.</summary>
    public static void Serve(WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LiveOptions>().BindConfiguration(LiveOptions.Section).ValidateDataAnnotations().ValidateOnStart()
            .Validate(live => live.FromTrades.All(symbol => Symbol.TryParse(symbol, out _)), $"{LiveOptions.Section}:FromTrades is a list of symbols.");
        builder.Services.AddSingleton<LiveFeeds>();
        builder.Services.AddSingleton<LiveWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LiveWorker>());
        builder.Services.AddHealthChecks().AddCheck<LiveWorker>("live");
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Health());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!HasKeys)
        {
            return;
        }

        while (true)
        {
            try
            {
                if ((await ReadAsync(stoppingToken)).Count > 0 && await leases.TryHoldAsync($"live/{Provider}", syncOptions.Value.Lease, stoppingToken) is { } lease)
                {
                    await using (lease)
                    {
                        _logger.LiveTaken(Provider);
                        await StreamAsync(lease, stoppingToken);
                    }
                }
            }
            catch (LeaseLostException)
            {
                _logger.LiveGiven(Provider);
            }
            catch (NpgsqlException e)
            {
                _logger.LiveFeedsNotRead(e);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                _logger.LiveFailed(e);
            }

            await Task.Delay(options.Value.Poll, time, stoppingToken);
        }
    }

    private async Task StreamAsync(HeldLease lease, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        var stream = new LiveStream(
            new() { Url = options.Value.Url ?? new($"wss://stream.data.alpaca.markets/v2/{alpaca.Value.Feed}"), Key = alpaca.Value.KeyId!, Secret = alpaca.Value.SecretKey! },
            new() { Source = Provider, Policy = ConflictPolicy.Replace, Before = lease.FenceAsync },
            writer.WriteAsync,
            (feed, range, token) => RepairAsync(feed, range, lease, token),
            time,
            // Of its own for each process, or replicas would come back together after all.
            new Random(HashCode.Combine(Environment.ProcessId, Environment.MachineName, Environment.TickCount64)),
            loggers.CreateLogger<LiveStream>());
        stream.SetFeeds(await ReadAsync(stop.Token));
        _stream = stream;
        var running = stream.RunAsync(stop.Token);
        try
        {
            while (await Task.WhenAny(running, Task.Delay(options.Value.Poll, time, stop.Token)) != running && !stop.IsCancellationRequested)
            {
                try
                {
                    stream.SetFeeds(await ReadAsync(stop.Token));
                }
                catch (NpgsqlException e)
                {
                    _logger.LiveFeedsNotRead(e);
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

    private async Task RepairAsync(LiveFeed feed, TimeRange range, HeldLease lease, CancellationToken cancellationToken)
    {
        var result = await sync.EnsureAsync(new(feed.Ticker.Symbol, feed.Timeframe, range, Provider) { Fence = lease.FenceAsync }, cancellationToken);
        if (result.Outcome != SyncOutcome.Success)
        {
            throw new ProviderException(result.Error ?? $"{Provider} has not answered for all of {range}.");
        }
    }

    private async Task<IReadOnlyList<LiveFeed>> ReadAsync(CancellationToken cancellationToken)
    {
        var (live, others) = await feeds.ReadAsync(Provider, _fromTrades, time.GetUtcNow(), cancellationToken);
        if (others > 0 && others != _leftOut)
        {
            _logger.LiveFeedsLeftOut(others);
        }

        _leftOut = others;
        return live;
    }

    private HealthCheckResult Health()
    {
        if (!HasKeys)
        {
            return HealthCheckResult.Healthy("no provider with a stream is configured");
        }

        if (_stream?.Status is not { Wanted: true } status)
        {
            return HealthCheckResult.Healthy("nothing to stream here");
        }

        var age = time.GetUtcNow() - status.Since;
        var words = string.Create(
            CultureInfo.InvariantCulture, $"{(status.Connected ? "connected" : "not connected")} for {age.TotalSeconds:0} s, {status.Subscribed} of {status.Feeds} feeds, {status.Gaps} with a gap, {status.Queued} bars waiting{(status.Fault is null ? "" : "; " + status.Fault)}");
        return (status.Connected ? status.Fault is not null : age > options.Value.Alarm) ? HealthCheckResult.Degraded(words) : HealthCheckResult.Healthy(words);
    }
}
