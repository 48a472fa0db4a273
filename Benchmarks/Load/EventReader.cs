using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Wyckoff.Benchmarks.Load;

/// <summary>Reads server-sent events and records their ids and arrival times.</summary>
internal sealed class EventReader : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly byte[] _line = new byte[64];
    private readonly HttpAnswer _answer = new();
    private readonly List<(long Id, long Ticks)> _events = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lineLength;
    private long _id;
    private long _now;

    /// <summary>Completes with the first event, or fails with the reader.</summary>
    public Task First => _first.Task;

    /// <summary>
    /// The events in order of arrival, in <see cref="Stopwatch"/> ticks. May be read only after <see cref="RunAsync"/> has ended.
    /// </summary>
    public IReadOnlyList<(long Id, long Ticks)> Events => _events;

    /// <summary>Reads events until cancelled. Throws if the stream ends before that.</summary>
    public async Task RunAsync(int port, byte[] request, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            await _socket.SendAsync(request, SocketFlags.None, cancellationToken);
            _answer.Begin();
            _answer.Body = Scan;
            while (true)
            {
                var received = await _socket.ReceiveAsync(_buffer, SocketFlags.None, cancellationToken);
                _now = Stopwatch.GetTimestamp();
                if (received == 0 || _answer.Feed(_buffer.AsSpan(0, received)))
                {
                    throw new InvalidOperationException($"The events ended; the answer was {_answer.Status}.");
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cancellation is the normal end.
        }
        catch (Exception e)
        {
            _first.TrySetException(e);
            throw;
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Scan(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var end = piece.IndexOf((byte)'\n');
            var part = end < 0 ? piece : piece[..end];
            // Only ids and empty lines matter, so a long line is cut.
            var kept = part[..Math.Min(part.Length, _line.Length - _lineLength)];
            kept.CopyTo(_line.AsSpan(_lineLength));
            _lineLength += kept.Length;
            if (end < 0)
            {
                return;
            }

            Line(_line.AsSpan(0, _lineLength));
            _lineLength = 0;
            piece = piece[(end + 1)..];
        }
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("id:"u8))
        {
            var digits = line[3..].TrimStart((byte)' ');
            _id = Utf8Parser.TryParse(digits, out long id, out _)
                ? id
                : throw new InvalidOperationException("An event's id is not a version.");
        }
        else if (line.IsEmpty && _id > 0)
        {
            _events.Add((_id, _now));
            _id = 0;
            _first.TrySetResult();
        }
    }
}
