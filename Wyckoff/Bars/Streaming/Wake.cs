using System.Threading.Tasks.Sources;

namespace Wyckoff.Bars.Streaming;

/// <summary>Wakes one waiter, and remembers a call that came while nobody waited. A wait allocates nothing.</summary>
internal sealed class Wake : IValueTaskSource
{
    private const int Idle = 0;
    private const int Called = 1;
    private const int Waiting = 2;

    // Whoever calls wakes hundreds, and must not do their work.
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;

    public void Call()
    {
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case Called:
                case Idle when Interlocked.CompareExchange(ref _state, Called, Idle) == Idle:
                    return;
                case Waiting when Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting:
                    _source.SetResult(true);
                    return;
            }
        }
    }

    /// <summary>By one at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Called) == Called)
        {
            return ValueTask.CompletedTask;
        }

        _source.Reset();
        var version = _source.Version;
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new(this, version);
        }

        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
