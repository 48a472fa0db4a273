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
/// Syncs the feeds that are due. Every instance takes as many as it can work on, each under a lease: so the work is shared by who has hands free, and what a dead
/// instance had is taken by the others once its leases have run out.
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

    private readonly List<Task> _work = [];
    private long _lookedTicks = time.GetUtcNow().UtcTicks;
    private int _atWork;
    private DateTimeOffset _pruned = DateTimeOffset.MinValue;

    /// <summary>For the service, not for verbs: those do only what they are told.</summary>
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

    /// <summary>Takes what is due, as far as there are hands free, and sets about it. The tasks end when the feeds are done.</summary>
    public async Task<IReadOnlyList<Task>> TakeDueAsync(int hands, CancellationToken cancellationToken)
    {
        MarketDataMetrics.FeedsDue(await feeds.CountDueAsync(cancellationToken));
        var duration = syncOptions.Value.Lease;
        var claimed = hands == 0 ? [] : await feeds.ClaimDueAsync(leases.Holder, [.. providers.Names], hands, duration, cancellationToken);
        Interlocked.Exchange(ref _lookedTicks, Time.GetUtcNow().UtcTicks);
        return [.. claimed.Select(claim => WorkAsync(claim.Feed, leases.Hold(claim.Lease, duration), cancellationToken))];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await base.ExecuteAsync(stoppingToken);
        }
        finally
        {
            await Task.WhenAll(_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    protected override async Task<bool> RoundAsync(CancellationToken stoppingToken)
    {
        if (providers.Names.Count == 0)
        {
            return false;
        }

        // Those that ended while the database was away.
        _work.RemoveAll(task => task.IsCompleted);
        _work.AddRange(await TakeDueAsync(options.Value.Concurrency - _work.Count, stoppingToken));
        if (Time.GetUtcNow() - _pruned > PruneEvery)
        {
            await feeds.PruneLogAsync(options.Value.KeepLog, stoppingToken);
            _pruned = Time.GetUtcNow();
        }

        return true;
    }

    protected override async Task WaitAsync(CancellationToken stoppingToken)
    {
        // A hand that comes free looks at once; so a long queue is worked off without a pause.
        var poll = Task.Delay(options.Value.Poll, Time, stoppingToken);
        await Task.WhenAny([poll, .. _work]);
        if (_work.RemoveAll(task => task.IsCompleted) == 0)
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

        var age = Time.GetUtcNow() - new DateTimeOffset(Interlocked.Read(ref _lookedTicks), TimeSpan.Zero);
        var words = string.Create(
            CultureInfo.InvariantCulture,
            $"looked for work {age.TotalSeconds:0} s ago, {Volatile.Read(ref _atWork)} feeds at work"
        );
        return age > TimeSpan.FromMinutes(1) + 3 * options.Value.Poll
            ? HealthCheckResult.Degraded(words)
            : HealthCheckResult.Healthy(words);
    }

    private async Task WorkAsync(FeedEntry feed, HeldLease lease, CancellationToken cancellationToken)
    {
        // The claims of the others are waiting to be set about.
        await Task.Yield();
        Interlocked.Increment(ref _atWork);
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
            // The feed is due still, and an instance takes it once the lease has run out.
            LogFailure(e, feed, syncOptions.Value.Lease);
        }
        finally
        {
            Interlocked.Decrement(ref _atWork);
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

        // To the end of whatever bar or session is open now.
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
