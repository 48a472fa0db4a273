namespace Wyckoff.Bars.Streaming;

/// <summary>The position of one subscription in one window.</summary>
internal sealed class WindowCursor(BarSubscription subscription, WindowPublisher publisher, long position, int last)
{
    private Placement? _placement;
    private StreamLink? _current;
    private bool _joining;

    public WindowPublisher Publisher => publisher;

    /// <summary>The version that the client has after the events returned so far.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Returns the next event, or null if there is none yet; the subscription is signalled when there is one.</summary>
    public BarFrame? Next()
    {
        if (_current is null)
        {
            if (Interlocked.Exchange(ref _placement, null) is not { } placement)
            {
                Join();
                return null;
            }

            (_current, _joining) = (placement.Link, false);
            Position = placement.Link.Version;
            if (placement.Frame is not null)
            {
                return placement.Frame;
            }
        }

        if (_current.Next is not { } next)
        {
            return null;
        }

        if (next.Frame is not { } frame)
        {
            // The event is no longer kept: have the changes since Position read from the database.
            _current = null;
            Join();
            return null;
        }

        (_current, Position) = (next, next.Version);
        return frame;
    }

    public void Signal() => subscription.Signal();

    /// <summary>Answers a join: the event that the client gets first, if any, and the link after which it continues.</summary>
    public void Place(StreamLink link, BarFrame? frame)
    {
        Volatile.Write(ref _placement, new(link, frame));
        subscription.Signal();
    }

    private void Join()
    {
        if (!_joining)
        {
            _joining = true;
            publisher.Join(this, new(Position, last));
        }
    }

    private sealed record Placement(StreamLink Link, BarFrame? Frame);
}
