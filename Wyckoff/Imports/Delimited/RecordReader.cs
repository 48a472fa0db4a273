using System.Buffers;

namespace Wyckoff.Imports.Delimited;

internal enum RecordKind
{
    /// <summary>The buffer holds no whole line: fill it.</summary>
    NeedMore,
    End,
    Line,

    /// <summary>A line with quotes in it, perhaps over several lines of the file.</summary>
    Quoted,

    /// <summary>A quote that is never closed; the record is the line it is on.</summary>
    OpenQuote,
    Nul,

    /// <summary>Longer than a line can be; the record is its beginning.</summary>
    TooLong,

    /// <summary>The rest, behind which the file cannot be read.</summary>
    Damaged,
}

/// <summary>Cuts a stream of bytes into lines. Holds one buffer, whatever comes.</summary>
internal sealed class RecordReader : IDisposable
{
    /// <summary>No bar needs a longer one.</summary>
    public const int MaxLine = 1 << 20;

    /// <summary>How much of a line that is too long is kept.</summary>
    public const int Excerpt = 200;

    // A quoted field may span lines, but one that spans this much is a quote somebody forgot to close.
    private const int MaxQuoted = 1 << 16;
    private const int ReadSize = 1 << 18;

    private static readonly SearchValues<byte> Special = SearchValues.Create("\"\0"u8);

    private readonly Stream _stream;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private long _lines;
    private bool _ended;
    private bool _skipping;

    public RecordReader(Stream stream) => (_stream, _buffer) = (stream, ArrayPool<byte>.Shared.Rent(2 * MaxLine));

    /// <summary>Of text that is there: nothing needs to be filled.</summary>
    public RecordReader(ReadOnlySpan<byte> text)
    {
        (_stream, _buffer) = (Stream.Null, ArrayPool<byte>.Shared.Rent(text.Length));
        text.CopyTo(_buffer);
        (_end, _ended) = (text.Length, true);
    }

    /// <summary>Of the record last returned, its first line, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>What ends a line: old files have only carriage returns.</summary>
    public byte NewLine { get; set; } = (byte)'\n';

    /// <summary>Why no more can be read, when that is not the end of the file.</summary>
    public string? Damage { get; private set; }

    /// <summary>What is in the buffer and not yet taken.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    public bool Ended => _ended;

    public void Skip(int bytes) => _start += bytes;

    /// <summary>Reads more into the buffer; false when there is no more.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return false;
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        try
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end, Math.Min(ReadSize, _buffer.Length - _end)), cancellationToken);
            _end += read;
            _ended = read == 0;
        }
        // What packed data says when it is cut off or changed.
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            (Damage, _ended) = (e.Message, true);
        }

        return true;
    }

    /// <summary>The next record, without what ends its line.</summary>
    public RecordKind Next(out ReadOnlySpan<byte> record)
    {
        record = default;
        while (true)
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            var length = rest.IndexOf(NewLine);
            if (_skipping)
            {
                if (length < 0)
                {
                    _start = _end;
                    return _ended ? RecordKind.End : RecordKind.NeedMore;
                }

                _start += length + 1;
                _skipping = false;
                continue;
            }

            Line = _lines + 1;
            if (length < 0)
            {
                if (rest.Length > MaxLine)
                {
                    return TooLong(rest, out record);
                }

                if (!_ended)
                {
                    return RecordKind.NeedMore;
                }

                if (Damage is not null)
                {
                    record = rest;
                    (_start, _lines) = (_end, _lines + 1);
                    return _damageTold ? RecordKind.End : Told();
                }

                if (rest.IsEmpty)
                {
                    return RecordKind.End;
                }

                length = rest.Length;
            }
            else if (length > MaxLine)
            {
                return TooLong(rest, out record);
            }

            record = rest[..length];
            var kind = RecordKind.Line;
            if (record.IndexOfAny(Special) is >= 0 and var special)
            {
                if (record[special..].Contains((byte)0))
                {
                    kind = RecordKind.Nul;
                }
                else
                {
                    kind = Quoted(rest, ref length);
                    if (kind == RecordKind.NeedMore)
                    {
                        return kind;
                    }

                    record = rest[..length];
                }
            }

            _start = Math.Min(_start + length + 1, _end);
            _lines += 1 + (kind == RecordKind.Quoted ? record.Count(NewLine) : 0);
            if (!record.IsEmpty && record[^1] == '\r')
            {
                record = record[..^1];
            }

            return kind;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool _damageTold;

    private RecordKind Told()
    {
        _damageTold = true;
        return RecordKind.Damaged;
    }

    private RecordKind TooLong(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> record)
    {
        record = rest[..Excerpt];
        _start += Excerpt;
        _lines++;
        _skipping = true;
        return RecordKind.TooLong;
    }

    /// <summary>Whether the quotes in a record are closed, and where it then ends: a line that ends inside a quote goes on.</summary>
    private RecordKind Quoted(ReadOnlySpan<byte> rest, ref int length)
    {
        var whole = length;
        while ((rest[..whole].Count((byte)'"') & 1) != 0)
        {
            if (whole >= rest.Length || whole > MaxQuoted)
            {
                return whole <= MaxQuoted && !_ended ? RecordKind.NeedMore : RecordKind.OpenQuote;
            }

            var more = rest[(whole + 1)..].IndexOf(NewLine);
            if (more < 0 && !_ended)
            {
                return rest.Length - whole <= MaxQuoted ? RecordKind.NeedMore : RecordKind.OpenQuote;
            }

            whole = more < 0 ? rest.Length : whole + 1 + more;
        }

        length = whole;
        return RecordKind.Quoted;
    }
}
