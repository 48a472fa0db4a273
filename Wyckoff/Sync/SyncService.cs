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
/// Sees to it that bars are there: asks a provider for what of a range nobody has told yet, and for nothing else. What an answer tells is written together with the
/// bars it brought, so that a process may die at any moment and the next one goes on from there. Whoever wants what is being fetched already, here or in another
/// process, waits for that.
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

    private readonly Dictionary<FlightKey, Flight> _flights = [];

    private readonly record struct FlightKey(int TickerId, Timeframe Timeframe, string Provider);

    /// <summary>The provider that a request names, or that is asked when it names none.</summary>
    /// <exception cref="NoSuchProviderException">There is none, or it has no such bars.</exception>
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

    /// <summary>Fetches what is missing. A provider that fails makes a result that says so; what came before it did stays.</summary>
    /// <exception cref="NoSuchProviderException">There is none, or it has no such bars.</exception>
    /// <exception cref="LeaseLostException">The fence of the request threw.</exception>
    public async Task<SyncResult> EnsureAsync(SyncRequest request, CancellationToken cancellationToken)
    {
        var provider = ProviderOf(request.Provider, request.Timeframe);
        if (Asked(request) is not { } range)
        {
            return new(request.Symbol, request.Timeframe, provider.Name);
        }

        var ticker = await tickers.GetOrAddAsync(request.Symbol, cancellationToken);
        var key = new FlightKey(ticker.Id, request.Timeframe, provider.Name);
        while (true)
        {
            Flight flight;
            bool shared,
                own;
            lock (_flights)
            {
                own = !_flights.TryGetValue(key, out var found);
                flight = found ?? (_flights[key] = new(range, request));
                shared = own || flight.Serves(range, request);
                flight.Waiters += shared ? 1 : 0;
            }

            if (own)
            {
                flight.Task = FlyAsync(key, flight, provider, ticker);
                flight.Started.SetResult();
            }

            await flight.Started.Task;
            if (!shared)
            {
                // For the lock over there would keep us waiting all the same; afterwards, much of what we want may be there.
                await ((Task)flight.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            try
            {
                var result = await flight.Task.WaitAsync(cancellationToken);
                return result with
                {
                    StillMissing = [.. result.StillMissing.Select(missing => Intersect(missing, range)).OfType<TimeRange>()],
                };
            }
            catch (LeaseLostException) when (!own)
            {
                // It was lost to the one who started it, not to us.
            }
            finally
            {
                bool last;
                lock (_flights)
                {
                    last = --flight.Waiters == 0;
                    if (last)
                    {
                        flight.Abandon();
                    }
                }

                if (last)
                {
                    // Nothing goes on behind the back of who thinks it has ended.
                    await ((Task)flight.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    private async Task<SyncResult> FlyAsync(FlightKey key, Flight flight, IBarProvider provider, TickerRef ticker)
    {
        // Off the caller's stack: what it set up must be done before anything here is.
        await Task.Yield();
        using var activity = MarketDataTraces.Sync(provider.Name, flight.Request.Symbol.Value, flight.Request.Timeframe.Name);
        try
        {
            return await FetchAsync(flight.Request with { Provider = provider.Name }, flight.Range, provider, ticker, flight.Cancelled);
        }
        finally
        {
            lock (_flights)
            {
                _flights.Remove(key);
                flight.End();
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
            // Whoever had the lease until now may have fetched it.
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

    // The bars that are asked for: on the grid, and none of the future.
    private TimeRange? Asked(SyncRequest request)
    {
        if (BarGrid.Align(request.Timeframe, request.Range) is not { } range)
        {
            return null;
        }

        // East of Greenwich the session of tomorrow's date has begun.
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

    /// <summary>One fetch that is under way, for all who wait for it. It ends when nobody does any more.</summary>
    private sealed class Flight(TimeRange range, SyncRequest request)
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

        public bool Serves(TimeRange wanted, SyncRequest by) =>
            !_abandoned
            && !_ended
            && range.Start <= wanted.Start
            && range.End >= wanted.End
            && request.IgnoreImports == by.IgnoreImports
            && request.MaxGaps >= by.MaxGaps;

        public void Abandon()
        {
            _abandoned = true;
            // Not here and now: what hears of it may want the lock that we are called under.
            _ = _cancelled.CancelAsync();
        }

        public void End() => _ended = true;
    }
}
