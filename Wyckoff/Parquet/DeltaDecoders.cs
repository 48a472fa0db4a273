namespace Wyckoff.Parquet;

/// <summary>DELTA_BINARY_PACKED: the first number, then what each adds to the one before, packed into as many bits as its miniblock needs.</summary>
internal sealed class DeltaDecoder : ValueDecoder
{
    private const int LargestBlock = 1 << 16;
    private readonly ReadOnlyMemory<byte> _data;
    private readonly bool _is32;
    private readonly int _perMiniblock;
    private readonly int _miniblocks;
    private int _at;
    private long _value;
    private bool _first = true;
    private int _widthsAt;
    private int _miniblock;
    private int _left;
    private long _least;
    private int _width;
    private long _bit;

    public DeltaDecoder(ReadOnlyMemory<byte> data, bool is32)
    {
        (_data, _is32) = (data, is32);
        var block = Varint.Read(data.Span, ref _at);
        var miniblocks = Varint.Read(data.Span, ref _at);
        var total = Varint.Read(data.Span, ref _at);
        _value = Varint.ReadSigned(data.Span, ref _at);
        if (block is 0 or > LargestBlock || miniblocks is 0 || miniblocks > block / 8 || block % miniblocks != 0 || block / miniblocks % 8 != 0 || total > int.MaxValue)
        {
            throw new ParquetException($"its differences come in blocks of {block} in {miniblocks} parts, {total} in all.");
        }

        (_miniblocks, _perMiniblock, Left) = ((int)miniblocks, (int)(block / miniblocks), (int)total);
        _miniblock = _miniblocks;
    }

    /// <summary>How many numbers are still to come.</summary>
    public int Left { get; private set; }

    /// <summary>Where the numbers ended, once all have been read.</summary>
    public int End => _at;

    public override void Read(Span<long> values)
    {
        if (values.Length > Left)
        {
            throw Short();
        }

        var bytes = _data.Span;
        Left -= values.Length;
        foreach (ref var value in values)
        {
            if (_first)
            {
                _first = false;
            }
            else
            {
                if (_left == 0)
                {
                    NextMiniblock(bytes);
                }

                _left--;
                // Overflow is how the format reaches from one end of the numbers to the other.
                _value = unchecked(_value + _least + (long)BitPacked.Read(bytes, _bit, _width));
                _bit += _width;
            }

            value = _is32 ? (int)_value : _value;
        }
    }

    private void NextMiniblock(ReadOnlySpan<byte> bytes)
    {
        if (_miniblock == _miniblocks)
        {
            _least = Varint.ReadSigned(bytes, ref _at);
            _widthsAt = _at;
            _miniblock = 0;
            _at += _miniblocks;
        }

        if (_at > bytes.Length)
        {
            throw Short();
        }

        _width = bytes[_widthsAt + _miniblock++];
        var size = (long)_perMiniblock * _width / 8;
        if (_width > 64 || size > bytes.Length - _at)
        {
            throw Short();
        }

        _bit = _at * 8L;
        _left = _perMiniblock;
        _at += (int)size;
    }
}

/// <summary>The lengths of byte arrays, as differences; at once, since the bytes start where they end.</summary>
internal static class DeltaLengths
{
    private const int MostValues = 1 << 24;

    public static int[] Read(ref ReadOnlyMemory<byte> data)
    {
        var decoder = new DeltaDecoder(data, is32: true);
        if (decoder.Left > MostValues)
        {
            throw new ParquetException($"a page has {decoder.Left} lengths of byte arrays; up to {MostValues} are supported.");
        }

        var lengths = new int[decoder.Left];
        Span<long> one = stackalloc long[1];
        for (var i = 0; i < lengths.Length; i++)
        {
            decoder.Read(one);
            lengths[i] = one[0] >= 0 ? (int)one[0] : throw new ParquetException($"a byte array has {one[0]} bytes.");
        }

        data = data[decoder.End..];
        return lengths;
    }
}

/// <summary>DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.</summary>
internal sealed class DeltaLengthDecoder : ValueDecoder
{
    private readonly int[] _lengths;
    private readonly ReadOnlyMemory<byte> _data;
    private int _next;
    private int _at;

    public DeltaLengthDecoder(ReadOnlyMemory<byte> data)
    {
        _lengths = DeltaLengths.Read(ref data);
        _data = data;
    }

    public override void Read(Span<ReadOnlyMemory<byte>> values)
    {
        foreach (ref var value in values)
        {
            if (_next == _lengths.Length || _lengths[_next] > _data.Length - _at)
            {
                throw Short();
            }

            value = _data.Slice(_at, _lengths[_next]);
            _at += _lengths[_next++];
        }
    }
}

/// <summary>DELTA_BYTE_ARRAY: how much each shares with the one before, then the rest of each.</summary>
internal sealed class DeltaByteArrayDecoder : ValueDecoder
{
    // Each value may be as long as all before it together: what a page can grow to has to end somewhere.
    private const long MostBytes = 1 << 28;
    private readonly int[] _shared;
    private readonly DeltaLengthDecoder _rests;
    private readonly ReadOnlyMemory<byte>[] _rest = new ReadOnlyMemory<byte>[1];
    private ReadOnlyMemory<byte> _before;
    private int _next;
    private long _bytes;

    public DeltaByteArrayDecoder(ReadOnlyMemory<byte> data)
    {
        _shared = DeltaLengths.Read(ref data);
        _rests = new(data);
    }

    public override void Read(Span<ReadOnlyMemory<byte>> values)
    {
        foreach (ref var value in values)
        {
            _rests.Read(_rest.AsSpan());
            if (_next == _shared.Length || _shared[_next] > _before.Length)
            {
                throw Short();
            }

            var shared = _shared[_next++];
            if ((_bytes += shared + _rest[0].Length) > MostBytes)
            {
                throw new ParquetException($"a page has more than {MostBytes} bytes once its values are put together.");
            }

            var whole = new byte[shared + _rest[0].Length];
            _before.Span[..shared].CopyTo(whole);
            _rest[0].CopyTo(whole.AsMemory(shared));
            _before = whole;
            value = whole;
        }
    }
}
