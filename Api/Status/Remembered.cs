namespace Wyckoff.Api.Status;

/// <summary>Caches a value for a time. Concurrent callers share one computation of an expired value.</summary>
internal sealed class Remembered<T>(TimeSpan lifetime, TimeProvider time, Func<Task<T>> compute)
{
    private readonly Lock _lock = new();
    private Task<T>? _value;
    private long _startedAt;

    public Task<T> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_value is null || (_value.IsCompleted && time.GetElapsedTime(_startedAt) >= lifetime))
            {
                _startedAt = time.GetTimestamp();
                // Task.Run, so that the synchronous part of the computation does not run under the lock.
                _value = Task.Run(compute, CancellationToken.None);
            }

            return _value.WaitAsync(cancellationToken);
        }
    }
}
