using System.Buffers;
using System.Buffers.Text;

namespace Wyckoff.Bars.Streaming;

/// <summary>Why a subscription ended.</summary>
public enum StreamEnd
{
    /// <summary>The subscription is open, or the client closed it.</summary>
    None,

    /// <summary>The client received nothing for too long although there was something to send.</summary>
    Slow,

    /// <summary>A ticker was deleted.</summary>
    Gone,

    /// <summary>The process is stopping.</summary>
    Stopping,
}

/// <summary>
/// A client's stream of changes in one or more windows. Only <see cref="Signal"/> may be called concurrently with other members.
/// </summary>
public sealed class BarSubscription : IDisposable
{
    private readonly AsyncSignal _signal = new();
    private readonly BarHub _hub;
    private readonly WindowCursor[] _cursors;
    private long _lastSent;
    private int _next;
    private int _unsentEvents;
    private DateTimeOffset? _oldestUnsent;
    private volatile bool _stopping;

    internal BarSubscription(BarHub hub, IReadOnlyList<(WindowPublisher Publisher, long Position)> windows, int last)
    {
        _hub = hub;
        _cursors = [.. windows.Select(window => new WindowCursor(this, window.Publisher, window.Position, last))];
        _lastSent = hub.Time.GetTimestamp();
    }

    public StreamEnd End { get; private set; }

    internal IReadOnlyList<WindowCursor> Cursors => _cursors;

    /// <summary>Whether nothing was sent for so long that a heartbeat is due.</summary>
    internal bool IsHeartbeatDue => _hub.Time.GetElapsedTime(Volatile.Read(ref _lastSent)) >= _hub.Heartbeat;

    /// <summary>
    /// Writes pending events until about <paramref name="maxBytes"/> bytes are written. If nothing was written, call <see
    /// cref="WaitAsync"/>.
    /// </summary>
    /// <returns>The number of bytes written.</returns>
    public int Write(IBufferWriter<byte> writer, int maxBytes)
    {
        var written = 0;
        for (var idle = 0; idle < _cursors.Length && written < maxBytes && End == StreamEnd.None; )
        {
            var cursor = _cursors[_next];
            if (_stopping)
            {
                End = StreamEnd.Stopping;
            }
            else if (cursor.Publisher.IsGone)
            {
                End = StreamEnd.Gone;
                written += Copy(writer, FrameText.Gone(cursor.Publisher.Window).Span);
            }
            else if (cursor.Next() is { } frame)
            {
                written += Copy(writer, frame.Before.Span) + Copy(writer, frame.Text.Span) + WriteId(writer);
                _unsentEvents++;
                _oldestUnsent = frame.Committed < _oldestUnsent ? frame.Committed : _oldestUnsent ?? frame.Committed;
                idle = -1;
            }

            idle++;
            // Round robin, so that a busy window does not hold up the others.
            _next = (_next + 1) % _cursors.Length;
        }

        if (written == 0 && End == StreamEnd.None && IsHeartbeatDue)
        {
            written = Copy(writer, ":\n\n"u8);
        }

        return written;
    }

    /// <summary>Reports that everything written so far was handed to the connection.</summary>
    public void Sent()
    {
        Volatile.Write(ref _lastSent, _hub.Time.GetTimestamp());
        if (_unsentEvents > 0)
        {
            StreamTelemetry.Sent(_unsentEvents, _oldestUnsent is { } oldest ? _hub.Time.GetUtcNow() - oldest : null);
            (_unsentEvents, _oldestUnsent) = (0, null);
        }
    }

    /// <summary>Ends the subscription of a client that is too slow, and writes the event that says so.</summary>
    public void Drop(IBufferWriter<byte> writer)
    {
        End = StreamEnd.Slow;
        Copy(writer, "event: dropped\ndata: {\"reason\":\"The client received nothing for too long.\"}\n\n"u8);
    }

    /// <summary>Waits until there may be something to write.</summary>
    public ValueTask WaitAsync() => _signal.WaitAsync();

    /// <summary>Ends the current or the next <see cref="WaitAsync"/>.</summary>
    public void Signal() => _signal.Set();

    public void Dispose() => _hub.Close(this);

    internal void Stop()
    {
        _stopping = true;
        Signal();
    }

    private int WriteId(IBufferWriter<byte> writer)
    {
        // Up to 19 digits and a point per window, and two line feeds.
        var text = writer.GetSpan(_cursors.Length * 20 + 2);
        var length = 0;
        foreach (var cursor in _cursors)
        {
            if (length > 0)
            {
                text[length++] = (byte)'.';
            }

            if (cursor.Position < 0)
            {
                text[length++] = (byte)'-';
            }
            else
            {
                Utf8Formatter.TryFormat(cursor.Position, text[length..], out var digits);
                length += digits;
            }
        }

        text[length++] = (byte)'\n';
        text[length++] = (byte)'\n';
        writer.Advance(length);
        return length;
    }

    private static int Copy(IBufferWriter<byte> writer, ReadOnlySpan<byte> text)
    {
        writer.Write(text);
        return text.Length;
    }
}
