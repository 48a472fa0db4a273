using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Wyckoff.Parquet;

/// <summary>
/// The values of one page, one after the other, without those that are null. Numbers come as the 64 bits they have: signed for INT32, the bits of FLOAT and DOUBLE.
/// All else comes as bytes, and stays where it was read to.
/// </summary>
internal abstract class ValueDecoder
{
    public virtual void Read(Span<long> values) => throw new ParquetException("its encoding does not fit its type.");

    public virtual void Read(Span<ReadOnlyMemory<byte>> values) => throw new ParquetException("its encoding does not fit its type.");

    protected static ParquetException Short() => new("its values end too early.");
}

/// <summary>PLAIN: one after the other.</summary>
internal sealed class PlainDecoder(PhysicalType physical, int length, ReadOnlyMemory<byte> data) : ValueDecoder
{
    private int _at;
    private long _bit;

    public override void Read(Span<long> values)
    {
        switch (physical)
        {
            case PhysicalType.Boolean:
                if (_bit + values.Length > data.Length * 8L)
                {
                    throw Short();
                }

                foreach (ref var value in values)
                {
                    value = (long)BitPacked.Read(data.Span, _bit++, 1);
                }

                break;
            case PhysicalType.Int32 or PhysicalType.Float:
                foreach (ref var value in values)
                {
                    value = BinaryPrimitives.ReadInt32LittleEndian(Take(4).Span);
                }

                break;
            default:
                var bytes = Take(values.Length * 8L).Span;
                if (BitConverter.IsLittleEndian)
                {
                    bytes.CopyTo(MemoryMarshal.AsBytes(values));
                    break;
                }

                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]);
                }

                break;
        }
    }

    public override void Read(Span<ReadOnlyMemory<byte>> values)
    {
        foreach (ref var value in values)
        {
            value = Take(physical == PhysicalType.ByteArray ? BinaryPrimitives.ReadUInt32LittleEndian(Take(4).Span) : length);
        }
    }

    private ReadOnlyMemory<byte> Take(long count)
    {
        if (count > data.Length - _at)
        {
            throw Short();
        }

        _at += (int)count;
        return data.Slice(_at - (int)count, (int)count);
    }
}

/// <summary>The values of a dictionary, all of them at hand.</summary>
internal sealed record PageDictionary(long[] Numbers, ReadOnlyMemory<byte>[] Bytes)
{
    public static PageDictionary Read(ParquetColumn column, int count, ReadOnlyMemory<byte> data)
    {
        // Each takes some bytes: the announced count is held against them before memory is.
        var least = column.Physical switch { PhysicalType.Int32 or PhysicalType.Float or PhysicalType.ByteArray => 4, PhysicalType.Int64 or PhysicalType.Double => 8, _ => Math.Max(1, column.Length) };
        if (count < 0 || (long)count * least > data.Length || column.Physical == PhysicalType.Boolean)
        {
            throw new ParquetException($"a dictionary of {count} values has {data.Length} bytes.");
        }

        var plain = new PlainDecoder(column.Physical, column.Length, data);
        var numbers = new long[column.IsNumeric ? count : 0];
        var bytes = new ReadOnlyMemory<byte>[column.IsNumeric ? 0 : count];
        if (column.IsNumeric)
        {
            plain.Read(numbers);
        }
        else
        {
            plain.Read(bytes);
        }

        return new(numbers, bytes);
    }
}

/// <summary>PLAIN_DICTIONARY and RLE_DICTIONARY: places in the dictionary.</summary>
internal sealed class DictionaryDecoder : ValueDecoder
{
    private readonly PageDictionary _dictionary;
    private readonly HybridDecoder? _places;
    private int[] _buffer = [];

    public DictionaryDecoder(PageDictionary dictionary, ReadOnlyMemory<byte> data)
    {
        _dictionary = dictionary;
        // A page of nulls may lack even the width.
        if (data.Length > 0)
        {
            var width = data.Span[0];
            _places = width <= 32 ? new(data[1..], width) : throw new ParquetException($"places in its dictionary have {width} bits.");
        }
    }

    public override void Read(Span<long> values) => Read<long>(values, _dictionary.Numbers);

    public override void Read(Span<ReadOnlyMemory<byte>> values) => Read<ReadOnlyMemory<byte>>(values, _dictionary.Bytes);

    private void Read<T>(Span<T> values, T[] dictionary)
    {
        if (values.Length == 0)
        {
            return;
        }

        if (_buffer.Length < values.Length)
        {
            _buffer = new int[values.Length];
        }

        var places = _buffer.AsSpan(0, values.Length);
        (_places ?? throw Short()).Read(places);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (uint)places[i] < (uint)dictionary.Length ? dictionary[places[i]] : throw new ParquetException($"there is no place {places[i]} in its dictionary of {dictionary.Length}.");
        }
    }
}

/// <summary>RLE: booleans, behind their length in bytes.</summary>
internal sealed class RunLengthDecoder : ValueDecoder
{
    private readonly HybridDecoder _values;
    private int[] _buffer = [];

    public RunLengthDecoder(ReadOnlyMemory<byte> data)
    {
        if (data.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(data.Span) is var length && length > data.Length - 4)
        {
            throw Short();
        }

        _values = new(data.Slice(4, (int)length), 1);
    }

    public override void Read(Span<long> values)
    {
        if (_buffer.Length < values.Length)
        {
            _buffer = new int[values.Length];
        }

        _values.Read(_buffer.AsSpan(0, values.Length));
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = _buffer[i] & 1;
        }
    }
}

/// <summary>BYTE_STREAM_SPLIT: the first byte of all values, then the second of all, and so on.</summary>
internal sealed class ByteStreamSplitDecoder : ValueDecoder
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly int _size;
    private readonly int _count;
    private int _at;

    public ByteStreamSplitDecoder(ParquetColumn column, ReadOnlyMemory<byte> data)
    {
        _size = column.Physical switch
        {
            PhysicalType.Int32 or PhysicalType.Float => 4,
            PhysicalType.Int64 or PhysicalType.Double => 8,
            PhysicalType.FixedLenByteArray => column.Length,
            _ => throw new ParquetException("its encoding does not fit its type."),
        };
        _data = data;
        _count = data.Length / _size;
    }

    public override void Read(Span<long> values)
    {
        Span<byte> value = stackalloc byte[8];
        foreach (ref var number in values)
        {
            Next(value[.._size]);
            number = _size == 4 ? BinaryPrimitives.ReadInt32LittleEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value);
        }
    }

    public override void Read(Span<ReadOnlyMemory<byte>> values)
    {
        foreach (ref var value in values)
        {
            var bytes = new byte[_size];
            Next(bytes);
            value = bytes;
        }
    }

    private void Next(Span<byte> value)
    {
        if (_at == _count)
        {
            throw Short();
        }

        var data = _data.Span;
        for (var part = 0; part < value.Length; part++)
        {
            value[part] = data[part * _count + _at];
        }

        _at++;
    }
}
