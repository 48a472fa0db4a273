namespace Wyckoff.Tests;

/// <summary>
/// A clock that a test moves. A test can wait until the code under test has started a timer and then advance the clock. With
/// <see cref="RingsUnder"/>, short timers take no time at all.
/// </summary>
internal sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private readonly List<(TimeSpan Least, TimeSpan Most, TaskCompletionSource Seen)> _waiters = [];
    private readonly List<TimeSpan> _waits = [];
    private DateTimeOffset _now = start;

    /// <summary>Timers shorter than this fire at once, and the clock advances to their due time.</summary>
    public TimeSpan RingsUnder { get; init; }

    /// <summary>The durations of the timers that fired at once.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_lock)
            {
                return [.. _waits];
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    /// <summary>Completes when a timer of exactly this duration is running.</summary>
    public Task WaitedForAsync(TimeSpan due) => WaitedForAsync(due, due);

    /// <summary>Completes when a timer with a duration in this range is running.</summary>
    public Task WaitedForAsync(TimeSpan least, TimeSpan most)
    {
        lock (_lock)
        {
            if (_timers.Exists(timer => timer.Span >= least && timer.Span <= most))
            {
                return Task.CompletedTask;
            }

            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((least, most, seen));
            return seen.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public void Advance(TimeSpan by)
    {
        var until = GetUtcNow() + by;
        while (true)
        {
            Timer? next;
            lock (_lock)
            {
                next = _timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
                _now =
                    next is null ? until
                    : next.Due > _now ? next.Due
                    : _now;
                if (next is null)
                {
                    return;
                }

                _timers.Remove(next);
            }

            next.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualTime time, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public TimeSpan Span { get; private set; }

        public Action Fire => fire;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(Timeout.InfiniteTimeSpan, period);
            lock (time._lock)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }

                if (dueTime < time.RingsUnder)
                {
                    time._waits.Add(dueTime);
                    time._now += dueTime;
                    ThreadPool.QueueUserWorkItem(_ => Fire());
                    return true;
                }

                (Due, Span) = (time._now + dueTime, dueTime);
                time._timers.Add(this);
                foreach (var (_, _, seen) in time._waiters.FindAll(range => dueTime >= range.Least && dueTime <= range.Most))
                {
                    seen.TrySetResult();
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return ValueTask.CompletedTask;
        }
    }
}
