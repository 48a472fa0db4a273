namespace Wyckoff.Sync.Providers;

/// <summary>Admits a maximum of requests in any time window of a given length, in the order of their arrival.</summary>
public sealed class RequestLimiter : IDisposable
{
    private readonly int _permits;
    private readonly TimeSpan _window;
    private readonly TimeProvider _time;
    private readonly Queue<DateTimeOffset> _granted = new();
    private readonly SemaphoreSlim _turn = new(1);
    private long _pausedUntil;

    public RequestLimiter(int permits, TimeSpan window, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(permits, 1);
        (_permits, _window, _time) = (permits, window, time);
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // Check again after each wait: a pause may have been requested in the meantime.
            for (var wait = Remaining(); wait > TimeSpan.Zero; wait = Remaining())
            {
                await Task.Delay(wait, _time, cancellationToken);
            }

            _granted.Enqueue(_time.GetUtcNow());
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Admits no request before an instant, because the provider asked for a pause.</summary>
    public void PauseUntil(DateTimeOffset instant)
    {
        var ticks = instant.UtcTicks;
        for (var current = Volatile.Read(ref _pausedUntil); current < ticks; current = Volatile.Read(ref _pausedUntil))
        {
            Interlocked.CompareExchange(ref _pausedUntil, ticks, current);
        }
    }

    public void Dispose() => _turn.Dispose();

    private TimeSpan Remaining()
    {
        var now = _time.GetUtcNow();
        while (_granted.TryPeek(out var oldest) && oldest + _window <= now)
        {
            _granted.Dequeue();
        }

        var free = _granted.Count < _permits ? now : _granted.Peek() + _window;
        var paused = Volatile.Read(ref _pausedUntil);
        var wait = (paused > free.UtcTicks ? TimeSpan.FromTicks(paused - now.UtcTicks) : free - now);
        // Timers truncate to whole milliseconds and would fire too early.
        return wait <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
    }
}
