using System.Globalization;

namespace Wyckoff.Benchmarks.Load;

/// <summary>Parses an HTTP/1.1 response piece by piece, without keeping the body.</summary>
internal sealed class HttpAnswer
{
    private readonly byte[] _head = new byte[16 * 1024];
    private int _headLength;
    private State _state;
    private long _remaining;

    /// <summary>Receives a piece of the body, without the chunk sizes.</summary>
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

    /// <summary>The receiver of the body, or null.</summary>
    public BodyPiece? Body { get; set; }

    public void Begin() => (_state, _headLength, Status, BodyLength) = (State.Head, 0, 0, 0);

    /// <summary>Parses the next piece. Returns true when the response is complete.</summary>
    public bool Feed(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty && _state != State.Done)
        {
            var taken = _state switch
            {
                State.Head => Head(piece),
                State.Body or State.Chunk => Take(piece),
                _ => ParseDelimiter(piece[0]),
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
            throw new InvalidOperationException("The head of a response is too long.");
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
        // The headers are searched as Kestrel spells them. Parsing line by line would make responses with more headers slower to read, and
        // the server would seem slower.
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

    private int ParseDelimiter(byte next)
    {
        switch (_state)
        {
            case State.ChunkSize when char.IsAsciiHexDigit((char)next):
                _remaining = _remaining * 16 + Digit(next);
                break;
            case State.ChunkSize when next == '\n':
                _state = _remaining > 0 ? State.Chunk : State.Trailer;
                break;
            case State.ChunkEnd when next == '\n':
                _state = State.ChunkSize;
                break;
            case State.Trailer when next == '\n':
                // Kestrel sends no trailers unless the application adds some, so the first line of the trailer is the empty one.
                _state = State.Done;
                break;
        }

        return 1;
    }

    private static int Digit(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
