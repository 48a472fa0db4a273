using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;
using Wyckoff.Telemetry;
using Wyckoff.Tickers;

namespace Wyckoff.Sync;

/// <summary>
/// Fetches the parts of a range that are not covered yet from a provider, and nothing else. The coverage is written together with the bars,
/// so a process may die at any moment and the next one continues from there. Concurrent requests for the same bars share one fetch, in this
/// process or across processes.
/// </summary>
public sealed class SyncService(
    NpgsqlDataSource source,
    TickerDirectory tickers,
    BarWriter writer,
    BarProviders providers,
    LeaseStore leases,
    IOptions<SyncOptions> options,
    TimeProvider time,
    ILogger<SyncService> logger
)
{
    private static readonly TimeSpan LeasePoll = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<FetchKey, SharedFetch> _fetches = [];

    private readonly record struct FetchKey(int TickerId, Timeframe Timeframe, string Provider);

    /// <summary>Returns the provider of this name, or the default provider if the name is null.</summary>
    /// <exception cref="NoSuchProviderException">There is no such provider, or it does not have the timeframe.</exception>
    public IBarProvider ProviderOf(string? name, Timeframe timeframe)
    {
        if (!providers.TryGet(name ?? options.Value.Provider, out var provider, out var reason))
        {
            throw new NoSuchProviderException(reason);
        }

        return provider.Timeframes.Contains(timeframe)
            ? provider
            : throw new NoSuchProviderException(
                $"{provider.Name} has no bars of {timeframe}: one of {string.Join(", ", provider.Timeframes)} is expected."
            );
    }

    /// <summary>
    /// Fetches and stores the missing bars. If the provider fails, the result says so, and the bars received before the failure stay
    /// stored.
    /// </summary>
    /// <exception cref="NoSuchProviderException">There is no such provider, or it does not have the timeframe.</exception>
    /// <exception cref="LeaseLostException">The fence of the request threw, or the lease on the fetch was lost.</exception>
    public async Task<SyncResult> EnsureAsync(SyncRequest request, CancellationToken cancellationToken)
    {
        var provider = ProviderOf(request.Provider, request.Timeframe);
        if (RequestedRange(request) is not { } range)
        {
            return new(request.Symbol, request.Timeframe, provider.Name);
        }

        var ticker = await tickers.GetOrAddAsync(request.Symbol, cancellationToken);
        var key = new FetchKey(ticker.Id, request.Timeframe, provider.Name);
        while (true)
        {
            SharedFetch fetch;
            bool shared,
                own;
            lock (_fetches)
            {
                own = !_fetches.TryGetValue(key, out var found);
                fetch = found ?? (_fetches[key] = new(range, request));
                shared = own || fetch.Covers(range, request);
                fetch.Waiters += shared ? 1 : 0;
            }

            if (own)
            {
                fetch.Task = RunAsync(key, fetch, provider, ticker);
                fetch.Started.SetResult();
            }

            await fetch.Started.Task;
            if (!shared)
            {
                // Another fetch would have to wait for the same lease. When this one ends, part of the range may be stored.
                await ((Task)fetch.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            try
            {
                var result = await fetch.Task.WaitAsync(cancellationToken);
                return result with
                {
                    StillMissing = [.. result.StillMissing.Select(missing => Intersect(missing, range)).OfType<TimeRange>()],
                };
            }
            catch (LeaseLostException) when (!own)
            {
                // The fence or lease of the request that started the fetch failed; this request tries again.
            }
            finally
            {
                bool last;
                lock (_fetches)
                {
                    last = --fetch.Waiters == 0;
                    if (last)
                    {
                        fetch.Abandon();
                    }
                }

                if (last)
                {
                    // When the last request returns, its fetch has ended.
                    await ((Task)fetch.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    private async Task<SyncResult> RunAsync(FetchKey key, SharedFetch fetch, IBarProvider provider, TickerRef ticker)
    {
        // Continue asynchronously, so that the caller sets SharedFetch.Task before the fetch can end.
        await Task.Yield();
        using var activity = MarketDataTraces.Sync(provider.Name, fetch.Request.Symbol.Value, fetch.Request.Timeframe.Name);
        try
        {
            return await FetchAsync(fetch.Request with { Provider = provider.Name }, fetch.Range, provider, ticker, fetch.Cancelled);
        }
        finally
        {
            lock (_fetches)
            {
                _fetches.Remove(key);
                fetch.End();
            }
        }
    }

    private async Task<SyncResult> FetchAsync(
        SyncRequest request,
        TimeRange range,
        IBarProvider provider,
        TickerRef ticker,
        CancellationToken cancellationToken
    )
    {
        if ((await MissingAsync(request, ticker, range, cancellationToken)).Count == 0)
        {
            return new(request.Symbol, request.Timeframe, provider.Name);
        }

        await using var lease = await LeaseAsync(
            $"sync/{ticker.Id.ToString(CultureInfo.InvariantCulture)}/{request.Timeframe}/{provider.Name}",
            cancellationToken
        );
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        var run = new SyncRunner(source, writer, provider, ticker, request, lease, options.Value, time);
        try
        {
            // Read the gaps again: the previous holder of the lease may have filled them.
            var gaps = await MissingAsync(request, ticker, range, stop.Token);
            if (gaps.Count > 0)
            {
                await run.FetchAsync(gaps, stop.Token);
                Report(request, provider, run);
            }
        }
        catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new LeaseLostException(lease.Lease.Name);
        }

        var missing = await MissingAsync(request, ticker, range, cancellationToken);
        var settled = run.Settled;
        return new(request.Symbol, request.Timeframe, provider.Name)
        {
            Outcome = run.Outcome,
            Fetched = run.Fetched,
            Inserted = run.Inserted,
            Updated = run.Updated,
            Rejected = run.Rejected,
            Error = run.Error,
            RunId = run.RunId,
            Newest = run.Newest,
            StillMissing =
            [
                .. missing
                    .Select(gap => gap.Start < settled ? new TimeRange(gap.Start, gap.End < settled ? gap.End : settled) : (TimeRange?)null)
                    .OfType<TimeRange>(),
            ],
        };
    }

    private void Report(SyncRequest request, IBarProvider provider, SyncRunner run)
    {
        MarketDataMetrics.SyncEnded(provider.Name, EnumText.Of(run.Outcome));
        if (run.Failure is { } failure)
        {
            logger.SyncCutShort(request.Symbol.Value, request.Timeframe.Name, provider.Name, failure);
        }

        if (run.FirstFault is { } fault)
        {
            logger.BarsRejected(provider.Name, (int)run.Rejected, request.Symbol.Value, request.Timeframe.Name, fault.ToString());
        }

        logger.Synced(request.Symbol.Value, request.Timeframe.Name, provider.Name, run.Fetched, run.Inserted, run.Updated, run.Rejected);
    }

    // Aligns the requested range to the grid of the timeframe, without bars of the future.
    private TimeRange? RequestedRange(SyncRequest request)
    {
        if (BarGrid.Align(request.Timeframe, request.Range) is not { } range)
        {
            return null;
        }

        // In the easternmost time zones, the session of tomorrow's UTC date has already begun.
        var newest = BarGrid.Floor(
            request.Timeframe,
            time.GetUtcNow() + (request.Timeframe.IsDaily ? TimeSpan.FromHours(14) : TimeSpan.Zero)
        );
        return Intersect(range, new(DateTimeOffset.MinValue, newest + request.Timeframe.Width));
    }

    private async Task<IReadOnlyList<TimeRange>> MissingAsync(
        SyncRequest request,
        TickerRef ticker,
        TimeRange range,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        string[] sources = request.IgnoreImports ? [request.Provider!] : [request.Provider!, SyncCoverageStore.Import];
        return await SyncCoverageStore.MissingAsync(connection, ticker.Id, request.Timeframe, sources, range, cancellationToken);
    }

    private async Task<HeldLease> LeaseAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await leases.TryHoldAsync(name, options.Value.Lease, cancellationToken) is { } lease)
            {
                return lease;
            }

            await Task.Delay(LeasePoll, time, cancellationToken);
        }
    }

    private static TimeRange? Intersect(TimeRange a, TimeRange b)
    {
        var (start, end) = (a.Start > b.Start ? a.Start : b.Start, a.End < b.End ? a.End : b.End);
        return start < end ? new(start, end) : null;
    }

    /// <summary>A fetch in progress that all requests for its bars await. It is cancelled when no request awaits it any more.</summary>
    private sealed class SharedFetch(TimeRange range, SyncRequest request)
    {
        private readonly CancellationTokenSource _cancelled = new();
        private bool _abandoned;
        private bool _ended;

        public TimeRange Range => range;

        public SyncRequest Request => request;

        public CancellationToken Cancelled => _cancelled.Token;

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<SyncResult> Task { get; set; } = null!;

        public int Waiters { get; set; }

        public bool Covers(TimeRange wanted, SyncRequest by) =>
            !_abandoned
            && !_ended
            && range.Start <= wanted.Start
            && range.End >= wanted.End
            && request.IgnoreImports == by.IgnoreImports
            && request.MaxGaps >= by.MaxGaps;

        public void Abandon()
        {
            _abandoned = true;
            // Asynchronously, because the caller holds the lock and callbacks of the cancellation may need it.
            _ = _cancelled.CancelAsync();
        }

        public void End() => _ended = true;
    }
}
