using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Wyckoff.Hosting;
using Wyckoff.Primitives;

namespace Wyckoff.Live;

/// <summary>
/// Fetches the bars that the stream missed: at once, and again when the provider's answer is final. A failed repair is retried until it
/// succeeds. Bars that the stream delivered during a repair are written again after it, because the stream's value of a bar is never older
/// than the provider's answer.
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

    private readonly SemaphoreSlim _gate = new(options.MaxConcurrentRepairs, options.MaxConcurrentRepairs);
    private readonly ConcurrentDictionary<Task, bool> _running = [];

    /// <summary>Starts to repair the gap of a live subscription up to <paramref name="until"/>.</summary>
    public void Request(LiveSubscriptionState state, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (!state.RequestRepair(until))
        {
            return;
        }

        var repairing = Task.Run(() => RepairAsync(state, cancellationToken), cancellationToken);
        _running[repairing] = true;
        _ = repairing.ContinueWith(
            done => _running.TryRemove(done, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    /// <summary>Waits for the running repairs, which the caller has cancelled.</summary>
    public Task StopAsync() =>
        Task.WhenAll(_running.Keys)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task RepairAsync(LiveSubscriptionState state, CancellationToken cancellationToken)
    {
        var failures = 0;
        while (state.NextRequest() is { } request)
        {
            if (!await WaitAsync(state, request, request.Due - time.GetUtcNow(), cancellationToken))
            {
                continue;
            }

            if (state.Range(request) is not { } range)
            {
                state.Answered(request, options.Settle);
                continue;
            }

            var subscription = state.Subscription;
            await _gate.WaitAsync(cancellationToken);
            Exception? fault = null;
            try
            {
                logger.RepairRequested(subscription.Ticker.Symbol.Value, subscription.Timeframe.Name, range.ToString());
                await repair(subscription, range, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                fault = e;
            }
            finally
            {
                _gate.Release();
            }

            LiveTelemetry.RecordRepair(fault is null);
            // Also after a failure, since a part of the range may have been written.
            state.AddReplay();
            await replay(state, cancellationToken);
            if (fault is null)
            {
                failures = 0;
                state.Answered(request, options.Settle);
                continue;
            }

            var pause = pauses.After(++failures, options.FirstPause, LongestPause);
            logger.RepairFailed(fault, subscription.Ticker.Symbol.Value, subscription.Timeframe.Name, range.ToString(), pause);
            await WaitAsync(state, request, pause, cancellationToken);
        }
    }

    /// <summary>Waits for the pause, or until the request is replaced.</summary>
    /// <returns>Whether the request is still current.</returns>
    private async Task<bool> WaitAsync(
        LiveSubscriptionState state,
        RepairRequest request,
        TimeSpan pause,
        CancellationToken cancellationToken
    )
    {
        var replaced = state.ReplacedAsync(request);
        if (pause > TimeSpan.Zero)
        {
            using var delayEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(pause, time, delayEnd.Token), replaced);
            await delayEnd.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return !replaced.IsCompleted;
    }
}
