using System.Buffers;

namespace Wyckoff.Imports.Delimited;

internal enum RecordKind
{
    /// <summary>The buffer holds no complete record and has to be filled.</summary>
    NeedMore,
    End,
    Line,

    /// <summary>A record with quotes; it may span several lines.</summary>
    Quoted,

    /// <summary>A line with a quote that is never closed.</summary>
    OpenQuote,

    /// <summary>A line with a NUL byte.</summary>
    Nul,

    /// <summary>A line that is too long; the record is its beginning.</summary>
    TooLong,

    /// <summary>The incomplete line before the point where the file is damaged.</summary>
    Damaged,
}

/// <summary>Splits a stream into records: lines, or several lines joined by quotes. Memory is limited to one buffer.</summary>
internal sealed class RecordReader : IDisposable
{
    /// <summary>The longest line that is read, in bytes.</summary>
    public const int MaxLine = 1 << 20;

    /// <summary>How many bytes of a line that is too long are kept.</summary>
    public const int Excerpt = 200;

    // A quoted field may span lines. Beyond this length the closing quote is assumed to be missing.
    private const int MaxQuoted = 1 << 16;
    private const int ReadSize = 1 << 18;

    private static readonly SearchValues<byte> Special = SearchValues.Create("\"\0"u8);

    private readonly Stream _stream;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private long _lines;
    private bool _ended;
    private bool _skippingLine;
    private bool _damageReported;

    public RecordReader(Stream stream) => (_stream, _buffer) = (stream, ArrayPool<byte>.Shared.Rent(2 * MaxLine));

    /// <summary>Reads records from text in memory.</summary>
    public RecordReader(ReadOnlySpan<byte> text)
    {
        (_stream, _buffer) = (Stream.Null, ArrayPool<byte>.Shared.Rent(text.Length));
        text.CopyTo(_buffer);
        (_end, _ended) = (text.Length, true);
    }

    /// <summary>The first line of the last record, counted from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The last record ends with a line ending, and not with the end of the file.</summary>
    public bool IsTerminated { get; private set; }

    /// <summary>The character that ends a line: a line feed, or a carriage return in old files.</summary>
    public byte NewLine { get; set; } = (byte)'\n';

    /// <summary>Why the file cannot be read any further; null if it is not damaged.</summary>
    public string? Damage { get; private set; }

    /// <summary>The bytes in the buffer that are not consumed yet.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    public bool Ended => _ended;

    public void Skip(int bytes) => _start += bytes;

    /// <summary>Reads more into the buffer; false at the end of the file.</summary>
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
        // Damaged or truncated gzip data.
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            (Damage, _ended) = (e.Message, true);
        }

        return true;
    }

    /// <summary>Returns the next record without its line ending.</summary>
    public RecordKind Next(out ReadOnlySpan<byte> record)
    {
        record = default;
        while (true)
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            var length = rest.IndexOf(NewLine);
            if (_skippingLine)
            {
                if (length < 0)
                {
                    _start = _end;
                    return _ended ? RecordKind.End : RecordKind.NeedMore;
                }

                _start += length + 1;
                _skippingLine = false;
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
                    return Damaged();
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

            IsTerminated = _start + length < _end;
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

    /// <summary>Reports the damage once.</summary>
    private RecordKind Damaged()
    {
        if (_damageReported)
        {
            return RecordKind.End;
        }

        _damageReported = true;
        return RecordKind.Damaged;
    }

    private RecordKind TooLong(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> record)
    {
        record = rest[..Excerpt];
        _start += Excerpt;
        _lines++;
        _skippingLine = true;
        return RecordKind.TooLong;
    }

    /// <summary>Extends a record with quotes over the following lines until its quotes are closed.</summary>
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
