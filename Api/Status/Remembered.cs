namespace Wyckoff.Api.Status;

/// <summary>What was found out a moment ago, for all who ask: found out anew by one of them, while the others wait for it.</summary>
internal sealed class Remembered<T>(TimeSpan lasts, TimeProvider time, Func<Task<T>> find)
{
    private readonly Lock _lock = new();
    private Task<T>? _found;
    private long _at;

    public Task<T> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_found is null || (_found.IsCompleted && time.GetElapsedTime(_at) >= lasts))
            {
                _at = time.GetTimestamp();
                // Not within the lock, whatever it does first.
                _found = Task.Run(find, CancellationToken.None);
            }

            return _found.WaitAsync(cancellationToken);
        }
    }
}
