using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Wyckoff.Hosting;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;
using Wyckoff.Telemetry;

namespace Wyckoff.Ingestor.Sync;

/// <summary>
/// Syncs the feeds that are due. Each replica claims as many feeds as it has free slots, each under a lease. Other replicas take over the
/// feeds of a dead replica when its leases expire.
/// </summary>
internal sealed class FeedWorker(
    FeedStore feeds,
    SyncService sync,
    LeaseStore leases,
    BarProviders providers,
    IOptions<FeedOptions> options,
    IOptions<SyncOptions> syncOptions,
    TimeProvider time,
    ILogger<FeedWorker> logger
) : Worker(time, logger)
{
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    private readonly List<Task> _syncs = [];
    private long _checkedTicks = time.GetUtcNow().UtcTicks;
    private int _activeSyncs;
    private DateTimeOffset _pruned = DateTimeOffset.MinValue;

    /// <summary>Registers the workers. Only the service calls this, not the command-line verbs.</summary>
    public static void Serve(WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<FeedOptions>().BindConfiguration(FeedOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<FeedWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<FeedWorker>());
        builder.Services.AddHealthChecks().AddCheck<FeedWorker>("feeds");
        if (!string.IsNullOrWhiteSpace(builder.Configuration[FeedOptions.Section + ":Folder"]))
        {
            builder.Services.AddSingleton<FolderWorker>();
            builder.Services.AddHostedService(services => services.GetRequiredService<FolderWorker>());
            builder.Services.AddHealthChecks().AddCheck<FolderWorker>("folder");
        }
    }

    /// <summary>Claims up to <paramref name="freeSlots"/> due feeds and starts to sync them.</summary>
    /// <returns>A task per feed that completes when its sync has ended.</returns>
    public async Task<IReadOnlyList<Task>> StartDueAsync(int freeSlots, CancellationToken cancellationToken)
    {
        MarketDataMetrics.FeedsDue(await feeds.CountDueAsync(cancellationToken));
        var duration = syncOptions.Value.Lease;
        var claimed =
            freeSlots == 0 ? [] : await feeds.ClaimDueAsync(leases.Holder, [.. providers.Names], freeSlots, duration, cancellationToken);
        Interlocked.Exchange(ref _checkedTicks, Time.GetUtcNow().UtcTicks);
        return [.. claimed.Select(claim => SyncFeedAsync(claim.Feed, leases.Hold(claim.Lease, duration), cancellationToken))];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await base.ExecuteAsync(stoppingToken);
        }
        finally
        {
            await Task.WhenAll(_syncs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        if (providers.Names.Count == 0)
        {
            return false;
        }

        // Remove syncs that ended after an earlier round failed.
        _syncs.RemoveAll(task => task.IsCompleted);
        _syncs.AddRange(await StartDueAsync(options.Value.Concurrency - _syncs.Count, stoppingToken));
        if (Time.GetUtcNow() - _pruned > PruneEvery)
        {
            await feeds.PruneLogAsync(options.Value.KeepLog, stoppingToken);
            _pruned = Time.GetUtcNow();
        }

        return true;
    }

    protected override async Task WaitAsync(CancellationToken stoppingToken)
    {
        // A slot that becomes free is used at once, so a long queue is processed without pauses.
        var poll = Task.Delay(options.Value.Poll, Time, stoppingToken);
        await Task.WhenAny([poll, .. _syncs]);
        if (_syncs.RemoveAll(task => task.IsCompleted) == 0)
        {
            await poll;
        }
    }

    protected override HealthCheckResult Health()
    {
        if (providers.Names.Count == 0)
        {
            return HealthCheckResult.Healthy("no provider is configured");
        }

        var age = Time.GetUtcNow() - new DateTimeOffset(Interlocked.Read(ref _checkedTicks), TimeSpan.Zero);
        var description = string.Create(
            CultureInfo.InvariantCulture,
            $"checked for due feeds {age.TotalSeconds:0} s ago, {Volatile.Read(ref _activeSyncs)} syncs in progress"
        );
        return age > TimeSpan.FromMinutes(1) + 3 * options.Value.Poll
            ? HealthCheckResult.Degraded(description)
            : HealthCheckResult.Healthy(description);
    }

    private async Task SyncFeedAsync(FeedEntry feed, HeldLease lease, CancellationToken cancellationToken)
    {
        // Return to the caller, which has more claimed feeds to start.
        await Task.Yield();
        Interlocked.Increment(ref _activeSyncs);
        try
        {
            await using (lease)
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
                try
                {
                    await SyncAsync(feed, lease, stop.Token);
                    await feeds.ScheduleAsync(feed.Id, feed.Every, lease.Lease, stop.Token);
                }
                catch (Exception e)
                    when (e is LeaseLostException || (e is OperationCanceledException && lease.Lost.IsCancellationRequested))
                {
                    Logger.FeedLost(feed.Symbol.Value, feed.Timeframe.Name, feed.Provider);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogFailure(e, feed, feed.Every);
                    await feeds.ScheduleAsync(feed.Id, feed.Every, lease.Lease, stop.Token);
                }
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The feed is still due; a replica claims it when the lease has expired.
            LogFailure(e, feed, syncOptions.Value.Lease);
        }
        finally
        {
            Interlocked.Decrement(ref _activeSyncs);
        }
    }

    private void LogFailure(Exception exception, FeedEntry feed, TimeSpan delay)
    {
        if (DatabaseFaults.IsAway(exception))
        {
            var reason = exception.Message.ReplaceLineEndings(" ");
            Logger.FeedWithoutDatabase(feed.Symbol.Value, feed.Timeframe.Name, feed.Provider, reason, delay);
        }
        else
        {
            Logger.FeedFailed(exception, feed.Symbol.Value, feed.Timeframe.Name, feed.Provider, delay);
        }
    }

    private async Task SyncAsync(FeedEntry feed, HeldLease lease, CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        if (feed.Since >= now)
        {
            return;
        }

        // One day ahead, so that the open bar or session is included.
        var request = new SyncRequest(feed.Symbol, feed.Timeframe, new TimeRange(feed.Since, now + TimeSpan.FromDays(1)), feed.Provider)
        {
            MaxGaps = options.Value.MaxGaps,
            Fence = lease.FenceAsync,
        };
        var result = await sync.EnsureAsync(request, cancellationToken);
        if (result.Newest is { } newest)
        {
            MarketDataMetrics.FeedLag(feed.Provider, feed.Timeframe.Name, Time.GetUtcNow() - newest);
        }
    }
}
