using System.Globalization;

namespace Wyckoff.Benchmarks.Load;

/// <summary>Follows one HTTP/1.1 answer through the pieces it arrives in, and keeps none of them.</summary>
internal sealed class HttpAnswer
{
    private readonly byte[] _head = new byte[16 * 1024];
    private int _headLength;
    private State _state;
    private long _remaining;

    /// <summary>A piece of the body, without the marks of chunks.</summary>
    public delegate void BodyPiece(ReadOnlySpan<byte> piece);

    private enum State
    {
        Head,
        Body,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Trailer,
        Done,
    }

    public int Status { get; private set; }

    public long BodyLength { get; private set; }

    /// <summary>Who wants the body.</summary>
    public BodyPiece? Body { get; set; }

    public void Begin() => (_state, _headLength, Status, BodyLength) = (State.Head, 0, 0, 0);

    /// <summary>True once the answer is complete.</summary>
    public bool Feed(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty && _state != State.Done)
        {
            var taken = _state switch
            {
                State.Head => Head(piece),
                State.Body or State.Chunk => Take(piece),
                _ => Mark(piece[0]),
            };
            piece = piece[taken..];
        }

        return _state == State.Done;
    }

    private int Head(ReadOnlySpan<byte> piece)
    {
        if (_headLength == 0 && piece.IndexOf("\r\n\r\n"u8) is >= 0 and var whole)
        {
            Parse(piece[..(whole + 2)]);
            return whole + 4;
        }

        var kept = Math.Min(piece.Length, _head.Length - _headLength);
        if (kept == 0)
        {
            throw new InvalidOperationException("The head of an answer does not end.");
        }

        piece[..kept].CopyTo(_head.AsSpan(_headLength));
        var before = _headLength;
        _headLength += kept;
        var end = _head.AsSpan(0, _headLength).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return kept;
        }

        Parse(_head.AsSpan(0, end + 2));
        return end + 4 - before;
    }

    private void Parse(ReadOnlySpan<byte> head)
    {
        Status = int.Parse(head[9..12], NumberStyles.None, CultureInfo.InvariantCulture);
        // As Kestrel writes them. Line by line, an answer with more headers would cost the load more, and the server would seem slower.
        var length = Value(head, "\nContent-Length: "u8);
        _remaining = length.IsEmpty ? 0 : long.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture);
        var chunked = !Value(head, "\nTransfer-Encoding: "u8).IsEmpty;
        _state =
            chunked ? State.ChunkSize
            : _remaining > 0 ? State.Body
            : State.Done;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        var start = head.IndexOf(name);
        if (start < 0)
        {
            return [];
        }

        var value = head[(start + name.Length)..];
        return value[..value.IndexOf((byte)'\r')];
    }

    private int Take(ReadOnlySpan<byte> piece)
    {
        var taken = (int)Math.Min(_remaining, piece.Length);
        Body?.Invoke(piece[..taken]);
        BodyLength += taken;
        _remaining -= taken;
        if (_remaining == 0)
        {
            _state = _state == State.Chunk ? State.ChunkEnd : State.Done;
        }

        return taken;
    }

    private int Mark(byte mark)
    {
        switch (_state)
        {
            case State.ChunkSize when char.IsAsciiHexDigit((char)mark):
                _remaining = _remaining * 16 + Digit(mark);
                break;
            case State.ChunkSize when mark == '\n':
                _state = _remaining > 0 ? State.Chunk : State.Trailer;
                break;
            case State.ChunkEnd when mark == '\n':
                _state = State.ChunkSize;
                break;
            case State.Trailer when mark == '\n':
                // Kestrel sends none unless asked for, so the first line of the trailer is the empty one.
                _state = State.Done;
                break;
        }

        return 1;
    }

    private static int Digit(byte mark) => mark <= '9' ? mark - '0' : (mark | 0x20) - 'a' + 10;
}
