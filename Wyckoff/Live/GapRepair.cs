using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Wyckoff.Hosting;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

/// <summary>
/// Has the provider asked for what passed while nobody listened: at once, so that it is there, and again when its answers are settled. A range that cannot be had is asked
/// for until it can. Bars of the stream that came meanwhile are written once more afterwards: what the stream says of a bar is never older than such an answer.
/// </summary>
internal sealed class GapRepair(
    LiveStreamOptions options,
    Func<LiveSubscription, TimeRange, CancellationToken, Task> repair,
    Func<LiveSubscriptionState, CancellationToken, Task> replay,
    Backoff pauses,
    TimeProvider time,
    ILogger logger
)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _gate = new(options.RepairsAtOnce, options.RepairsAtOnce);
    private readonly ConcurrentDictionary<Task, bool> _running = [];

    public void Ask(LiveSubscriptionState state, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (!state.Ask(until))
        {
            return;
        }

        var serving = Task.Run(() => ServeAsync(state, cancellationToken), cancellationToken);
        _running[serving] = true;
        _ = serving.ContinueWith(
            done => _running.TryRemove(done, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    /// <summary>Ends when all that run have ended; they have been told to.</summary>
    public Task StopAsync() =>
        Task.WhenAll(_running.Keys)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task ServeAsync(LiveSubscriptionState state, CancellationToken cancellationToken)
    {
        var failures = 0;
        while (state.Next() is { } ask)
        {
            if (!await WaitAsync(state, ask, ask.Due - time.GetUtcNow(), cancellationToken))
            {
                continue;
            }

            if (state.Range(ask) is not { } range)
            {
                state.Answered(ask, options.Settle);
                continue;
            }

            var feed = state.Feed;
            await _gate.WaitAsync(cancellationToken);
            Exception? fault = null;
            try
            {
                logger.RepairAsked(feed.Ticker.Symbol.Value, feed.Timeframe.Name, range.ToString());
                await repair(feed, range, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                fault = e;
            }
            finally
            {
                _gate.Release();
            }

            LiveTelemetry.Repaired(fault is null);
            // A repair that failed may have written a part.
            state.Replays();
            await replay(state, cancellationToken);
            if (fault is null)
            {
                failures = 0;
                state.Answered(ask, options.Settle);
                continue;
            }

            var pause = pauses.After(++failures, options.FirstPause, LongestPause);
            logger.RepairFailed(fault, feed.Ticker.Symbol.Value, feed.Timeframe.Name, range.ToString(), pause);
            await WaitAsync(state, ask, pause, cancellationToken);
        }
    }

    /// <summary>False when something newer is to be asked instead.</summary>
    private async Task<bool> WaitAsync(LiveSubscriptionState state, RepairAsk ask, TimeSpan pause, CancellationToken cancellationToken)
    {
        var newer = state.NewerAsync(ask);
        if (pause > TimeSpan.Zero)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(pause, time, enough.Token), newer);
            await enough.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return !newer.IsCompleted;
    }
}
