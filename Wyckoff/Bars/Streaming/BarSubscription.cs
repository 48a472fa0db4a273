using System.Buffers;
using System.Buffers.Text;

namespace Wyckoff.Bars.Streaming;

/// <summary>Why a stream ends.</summary>
public enum StreamEnd
{
    /// <summary>It does not; or the reader left.</summary>
    None,

    /// <summary>The reader took nothing for too long.</summary>
    Slow,

    /// <summary>A ticker was deleted.</summary>
    Gone,

    /// <summary>The process stops.</summary>
    Stopping,
}

/// <summary>One reader of one or more windows. It has its places and nothing else; it is used by one at a time, but for <see cref="Call"/>.</summary>
public sealed class BarSubscription : IDisposable
{
    private readonly Wake _wake = new();
    private readonly BarHub _feed;
    private readonly SubscribedWindow[] _seats;
    private long _lastSent;
    private int _next;
    private int _events;
    private DateTimeOffset? _oldest;
    private volatile bool _stopping;

    internal BarSubscription(BarHub feed, IReadOnlyList<(WatchedWindow Window, long Position)> windows, int last)
    {
        _feed = feed;
        _seats = [.. windows.Select(window => new SubscribedWindow(this, window.Window, window.Position, last))];
        _lastSent = feed.Time.GetTimestamp();
    }

    public StreamEnd End { get; private set; }

    internal IReadOnlyList<SubscribedWindow> Seats => _seats;

    /// <summary>Nothing has been sent for so long that a sign of life is due.</summary>
    internal bool IsQuiet => _feed.Time.GetElapsedTime(Volatile.Read(ref _lastSent)) >= _feed.Heartbeat;

    /// <summary>Writes what there is, until about <paramref name="most"/> bytes are written. Nothing: <see cref="WaitAsync"/>.</summary>
    /// <returns>How many bytes were written.</returns>
    public int Write(IBufferWriter<byte> writer, int most)
    {
        var written = 0;
        for (var idle = 0; idle < _seats.Length && written < most && End == StreamEnd.None; )
        {
            var seat = _seats[_next];
            if (_stopping)
            {
                End = StreamEnd.Stopping;
            }
            else if (seat.Window.IsGone)
            {
                End = StreamEnd.Gone;
                written += Copy(writer, FrameText.Gone(seat.Window.Window).Span);
            }
            else if (seat.Next() is { } frame)
            {
                written += Copy(writer, frame.Before.Span) + Copy(writer, frame.Text.Span) + WriteId(writer);
                _events++;
                _oldest = frame.Committed < _oldest ? frame.Committed : _oldest ?? frame.Committed;
                idle = -1;
            }

            idle++;
            // In turn, or a busy window would keep the others waiting.
            _next = (_next + 1) % _seats.Length;
        }

        if (written == 0 && End == StreamEnd.None && IsQuiet)
        {
            written = Copy(writer, ":\n\n"u8);
        }

        return written;
    }

    /// <summary>What was written is on its way.</summary>
    public void Sent()
    {
        Volatile.Write(ref _lastSent, _feed.Time.GetTimestamp());
        if (_events > 0)
        {
            StreamTelemetry.Sent(_events, _oldest is { } oldest ? _feed.Time.GetUtcNow() - oldest : null);
            (_events, _oldest) = (0, null);
        }
    }

    /// <summary>The reader is too slow: says so, and ends.</summary>
    public void Drop(IBufferWriter<byte> writer)
    {
        End = StreamEnd.Slow;
        Copy(writer, "event: dropped\ndata: {\"reason\":\"Nothing was taken for too long.\"}\n\n"u8);
    }

    /// <summary>Waits until there may be something to write.</summary>
    public ValueTask WaitAsync() => _wake.WaitAsync();

    public void Call() => _wake.Call();

    public void Dispose() => _feed.Close(this);

    internal void Stop()
    {
        _stopping = true;
        Call();
    }

    private int WriteId(IBufferWriter<byte> writer)
    {
        // 19 digits and a point for each, and two line ends.
        var text = writer.GetSpan(_seats.Length * 20 + 2);
        var length = 0;
        foreach (var seat in _seats)
        {
            if (length > 0)
            {
                text[length++] = (byte)'.';
            }

            if (seat.Position < 0)
            {
                text[length++] = (byte)'-';
            }
            else
            {
                Utf8Formatter.TryFormat(seat.Position, text[length..], out var digits);
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
