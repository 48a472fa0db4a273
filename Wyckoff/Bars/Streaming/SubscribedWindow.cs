namespace Wyckoff.Bars.Streaming;

/// <summary>One reader's place in one window.</summary>
internal sealed class SubscribedWindow(BarSubscription stream, WatchedWindow window, long position, int last)
{
    private Entry? _entry;
    private StreamLink? _at;
    private bool _asked;

    public WatchedWindow Window => window;

    /// <summary>The version that the reader has been given.</summary>
    public long Position { get; private set; } = position;

    /// <summary>The next event, if there is one now; if not, the reader is called when there is.</summary>
    public BarFrame? Next()
    {
        if (_at is null)
        {
            if (Interlocked.Exchange(ref _entry, null) is not { } entry)
            {
                Ask();
                return null;
            }

            (_at, _asked) = (entry.At, false);
            Position = entry.At.Version;
            if (entry.Frame is not null)
            {
                return entry.Frame;
            }
        }

        if (_at.Next is not { } next)
        {
            return null;
        }

        if (next.Frame is not { } frame)
        {
            _at = null;
            Ask();
            return null;
        }

        (_at, Position) = (next, next.Version);
        return frame;
    }

    public void Call() => stream.Call();

    /// <summary>What it asked for, and where it goes on.</summary>
    public void Enter(StreamLink at, BarFrame? frame)
    {
        Volatile.Write(ref _entry, new(at, frame));
        stream.Call();
    }

    private void Ask()
    {
        if (!_asked)
        {
            _asked = true;
            window.Join(this, new(Position, last));
        }
    }

    private sealed record Entry(StreamLink At, BarFrame? Frame);
}
