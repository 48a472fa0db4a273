using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Wyckoff.Parquet;

/// <summary>What is written to one column of a row group until the group is full.</summary>
internal sealed class ColumnBuffer(ParquetColumn column)
{
    // Where a text has more values than this in one row group, a dictionary saves nothing.
    private const int LargestDictionary = 4096;
    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly ArrayBufferWriter<byte> _dictionary = new();
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<int> _indices = [];
    private readonly List<bool> _present = [];
    private bool _usesDictionary = column.Kind == ParquetKind.Text;
    private byte _bits;
    private int _bitCount;
    private long _least = long.MaxValue;
    private long _most = long.MinValue;
    private int _nulls;

    public ParquetColumn Column { get; } = column;

    public int Rows => _present.Count;

    public int Size => _values.WrittenCount + _dictionary.WrittenCount + sizeof(int) * _indices.Count;

    public void AddNull()
    {
        if (!Column.Nullable)
        {
            throw new InvalidOperationException($"Column '{Column}' is not nullable.");
        }

        _nulls++;
        _present.Add(false);
    }

    public void Add(bool value)
    {
        Expect(PhysicalType.Boolean);
        _present.Add(true);
        _bits |= (byte)((value ? 1 : 0) << _bitCount);
        if (++_bitCount == 8)
        {
            EndByte();
        }
    }

    public void Add(int value)
    {
        Expect(PhysicalType.Int32);
        _present.Add(true);
        Seen(value);
        BinaryPrimitives.WriteInt32LittleEndian(_values.GetSpan(4), value);
        _values.Advance(4);
    }

    public void Add(long value)
    {
        Expect(PhysicalType.Int64);
        _present.Add(true);
        Seen(value);
        BinaryPrimitives.WriteInt64LittleEndian(_values.GetSpan(8), value);
        _values.Advance(8);
    }

    public void Add(double value)
    {
        Expect(PhysicalType.Double);
        _present.Add(true);
        BinaryPrimitives.WriteDoubleLittleEndian(_values.GetSpan(8), value);
        _values.Advance(8);
    }

    public void AddUnscaled(Int128 value)
    {
        if (Column.Kind != ParquetKind.Decimal || (UInt128)Int128.Abs(value) >= PowersOfTen.Of(Column.Precision))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, $"Column '{Column}' is {Column.Kind} of {Column.Precision} digits.");
        }

        if (Column.Physical == PhysicalType.Int64)
        {
            Add((long)value);
            return;
        }

        _present.Add(true);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(bytes, value);
        _values.Write(bytes[^Column.Length..]);
    }

    public void AddDecimal(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var digits = (Int128)new UInt128((uint)parts[2], ((ulong)(uint)parts[1] << 32) | (uint)parts[0]);
        var scale = value.Scale;
        for (; scale > Column.Scale && digits % 10 == 0; scale--)
        {
            digits /= 10;
        }

        // 29 digits are the most there are, and 38 fit.
        if (scale > Column.Scale || (Column.Scale - scale > 9 && digits >= (Int128)PowersOfTen.Of(PowersOfTen.Largest - Column.Scale + scale)))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, $"Column '{Column}' is DECIMAL({Column.Precision},{Column.Scale}).");
        }

        digits *= (Int128)PowersOfTen.Of(Column.Scale - scale);
        AddUnscaled(value < 0 ? -digits : digits);
    }

    public void Add(string value)
    {
        Expect(PhysicalType.ByteArray);
        _present.Add(true);
        if (!_usesDictionary)
        {
            WriteText(_values, value);
            return;
        }

        if (!_places.TryGetValue(value, out var place))
        {
            if (_places.Count == LargestDictionary)
            {
                GiveUpDictionary();
                WriteText(_values, value);
                return;
            }

            place = _places.Count;
            _places.Add(value, place);
            WriteText(_dictionary, value);
        }

        _indices.Add(place);
    }

    /// <summary>The dictionary, if there is one, and the data page; and what the footer has to say about them, given where they start.</summary>
    public (Action<ThriftWriter> MetaData, long Uncompressed) Write(MemoryStream into, long start, ParquetCodec codec)
    {
        if (_bitCount > 0)
        {
            EndByte();
        }

        var from = into.Length;
        long uncompressed = 0;
        var hasDictionary = _usesDictionary && _places.Count > 0;
        if (hasDictionary)
        {
            uncompressed += Page(into, codec, _dictionary.WrittenMemory, thrift => thrift
                .Begin(7).Int32(1, _places.Count).Int32(2, (int)PageEncoding.Plain).End(), PageType.Dictionary);
        }

        var dataAt = into.Length - from;
        var rows = Rows;
        using var data = new MemoryStream();
        if (Column.Nullable)
        {
            WriteLevels(data);
        }

        if (hasDictionary)
        {
            WriteIndices(data);
        }
        else
        {
            data.Write(_values.WrittenSpan);
        }

        var encoding = hasDictionary ? PageEncoding.RleDictionary : PageEncoding.Plain;
        uncompressed += Page(into, codec, data.GetBuffer().AsMemory(0, (int)data.Length), thrift => thrift
            .Begin(5).Int32(1, rows).Int32(2, (int)encoding).Int32(3, (int)PageEncoding.Rle).Int32(4, (int)PageEncoding.Rle).End(), PageType.Data);

        var compressed = into.Length - from;
        var (nulls, least, most, counted) = (_nulls, _least, _most, _nulls < rows && Column.Kind is ParquetKind.Timestamp or ParquetKind.Integer);
        Clear();
        return (
            thrift =>
            {
                thrift.Begin(3).Int32(1, (int)Column.Physical);
                _ = hasDictionary ? thrift.Int32List(2, (int)PageEncoding.Plain, (int)PageEncoding.Rle, (int)PageEncoding.RleDictionary) : thrift.Int32List(2, (int)PageEncoding.Plain, (int)PageEncoding.Rle);
                thrift.TextList(3, Column.Name).Int32(4, (int)codec).Int64(5, rows).Int64(6, uncompressed).Int64(7, compressed).Int64(9, start + dataAt);
                if (hasDictionary)
                {
                    thrift.Int64(11, start);
                }

                thrift.Begin(12).Int64(3, nulls);
                if (counted)
                {
                    thrift.Binary(5, Plain(most)).Binary(6, Plain(least));
                }

                thrift.End().End();
            },
            uncompressed);
    }

    private static long Page(MemoryStream into, ParquetCodec codec, ReadOnlyMemory<byte> data, Action<ThriftWriter> more, PageType type)
    {
        using var compressed = new MemoryStream();
        Codecs.Compress(codec, data, compressed);
        var thrift = new ThriftWriter();
        more(thrift.Begin().Int32(1, (int)type).Int32(2, data.Length).Int32(3, (int)compressed.Length));
        thrift.End();
        into.Write(thrift.Written.Span);
        compressed.WriteTo(into);
        return thrift.Written.Length + data.Length;
    }

    // Runs of equal levels: that is what nulls come in.
    private void WriteLevels(MemoryStream data)
    {
        data.Write(stackalloc byte[4]);
        for (var at = 0; at < _present.Count;)
        {
            var end = at + 1;
            while (end < _present.Count && _present[end] == _present[at])
            {
                end++;
            }

            Varint.Write(data, (uint)(end - at) << 1);
            data.WriteByte(_present[at] ? (byte)1 : (byte)0);
            at = end;
        }

        BinaryPrimitives.WriteInt32LittleEndian(data.GetBuffer(), (int)data.Length - 4);
    }

    private void WriteIndices(MemoryStream data)
    {
        var width = _places.Count == 1 ? 0 : BitOperations.Log2((uint)_places.Count - 1) + 1;
        data.WriteByte((byte)width);
        Span<byte> place = stackalloc byte[4];
        for (var at = 0; at < _indices.Count;)
        {
            var end = at + 1;
            while (end < _indices.Count && _indices[end] == _indices[at])
            {
                end++;
            }

            // A run where it is long, or the rest; else groups of eight, until a long run starts.
            if (end - at >= 8 || end == _indices.Count)
            {
                Varint.Write(data, (uint)(end - at) << 1);
                BinaryPrimitives.WriteInt32LittleEndian(place, _indices[at]);
                data.Write(place[..((width + 7) / 8)]);
                at = end;
                continue;
            }

            var count = Packed(at);
            Varint.Write(data, (uint)((count + 7) / 8 << 1) | 1);
            Pack(data, at, count, width);
            at += count;
        }
    }

    // How many from here on go into groups of eight: up to where eight equal ones follow each other on the border of a group.
    private int Packed(int at)
    {
        var count = 0;
        while (at + count < _indices.Count)
        {
            var left = _indices.Count - at - count;
            if (count > 0 && left >= 8 && Enumerable.Range(at + count + 1, 7).All(i => _indices[i] == _indices[at + count]))
            {
                break;
            }

            count += Math.Min(8, left);
        }

        return count;
    }

    private void Pack(MemoryStream data, int at, int count, int width)
    {
        ulong bits = 0;
        var filled = 0;
        for (var i = 0; i < (count + 7) / 8 * 8; i++)
        {
            bits |= (ulong)(i < count ? _indices[at + i] : 0) << filled;
            for (filled += width; filled >= 8; filled -= 8, bits >>= 8)
            {
                data.WriteByte((byte)bits);
            }
        }
    }

    private void GiveUpDictionary()
    {
        _usesDictionary = false;
        var texts = new string[_places.Count];
        foreach (var (text, place) in _places)
        {
            texts[place] = text;
        }

        foreach (var place in _indices)
        {
            WriteText(_values, texts[place]);
        }

        _places.Clear();
        _indices.Clear();
        _dictionary.ResetWrittenCount();
    }

    private void Clear()
    {
        _values.ResetWrittenCount();
        _dictionary.ResetWrittenCount();
        _places.Clear();
        _indices.Clear();
        _present.Clear();
        (_least, _most, _nulls) = (long.MaxValue, long.MinValue, 0);
        _usesDictionary = Column.Kind == ParquetKind.Text;
    }

    private byte[] Plain(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Column.Physical == PhysicalType.Int32 ? bytes[..4] : bytes;
    }

    private static void WriteText(ArrayBufferWriter<byte> into, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var span = into.GetSpan(4 + length);
        BinaryPrimitives.WriteInt32LittleEndian(span, length);
        Encoding.UTF8.GetBytes(text, span[4..]);
        into.Advance(4 + length);
    }

    private void EndByte()
    {
        _values.Write([_bits]);
        (_bits, _bitCount) = (0, 0);
    }

    private void Seen(long value) => (_least, _most) = (Math.Min(_least, value), Math.Max(_most, value));

    private void Expect(PhysicalType physical)
    {
        if (Column.Physical != physical)
        {
            throw new InvalidOperationException($"Column '{Column}' is stored as {Column.Physical}, not {physical}.");
        }
    }
}
