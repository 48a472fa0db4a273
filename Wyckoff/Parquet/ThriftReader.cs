using System.Text;

namespace Wyckoff.Parquet;

/// <summary>The types of Thrift's compact protocol.</summary>
internal enum ThriftType
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    I16 = 4,
    I32 = 5,
    I64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}

/// <summary>Reads Thrift's compact protocol out of bytes that nobody vouches for: every count is held against what is left of them.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> data, string what)
{
    private const int MaxDepth = 32;
    private readonly ReadOnlySpan<byte> _data = data;
    private readonly string _what = what;

    public int Position { get; private set; }

    /// <summary>The next field of a struct; false at its end. <paramref name="id"/> starts at 0 and is handed back in for each.</summary>
    public bool Field(ref int id, out ThriftType type)
    {
        var head = Next();
        type = (ThriftType)(head & 15);
        if (type == ThriftType.Stop)
        {
            return false;
        }

        if (type > ThriftType.Struct)
        {
            throw Damaged($"there is no type {head & 15}");
        }

        id = head >> 4 == 0 ? (short)Signed() : id + (head >> 4);
        return true;
    }

    public long Integer(ThriftType type)
    {
        switch (type)
        {
            case ThriftType.Byte:
                return (sbyte)Next();
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                return Signed();
            default:
                throw Damaged($"a number was expected instead of {type}");
        }
    }

    public int Int32(ThriftType type)
    {
        var value = Integer(type);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Damaged($"{value} is more than 32 bits hold");
    }

    public readonly bool Boolean(ThriftType type) => type is ThriftType.True or ThriftType.False ? type == ThriftType.True : throw Damaged($"true or false was expected instead of {type}");

    public string Text(ThriftType type)
    {
        if (type != ThriftType.Binary)
        {
            throw Damaged($"a text was expected instead of {type}");
        }

        return Encoding.UTF8.GetString(Take(Count()));
    }

    /// <summary>The count of a list of structs.</summary>
    public int Structs(ThriftType type)
    {
        var count = List(type, out var element);
        return count == 0 || element == ThriftType.Struct ? count : throw Damaged($"a list of structs was expected instead of one of {element}");
    }

    public readonly void Struct(ThriftType type)
    {
        if (type != ThriftType.Struct)
        {
            throw Damaged($"a struct was expected instead of {type}");
        }
    }

    public void Skip(ThriftType type) => Skip(type, 0);

    public readonly ParquetException Damaged(string why) => new($"{_what} is damaged: {why} (byte {Position}).");

    private int List(ThriftType type, out ThriftType element)
    {
        if (type is not (ThriftType.List or ThriftType.Set))
        {
            throw Damaged($"a list was expected instead of {type}");
        }

        var head = Next();
        element = (ThriftType)(head & 15);
        if (element is ThriftType.Stop or > ThriftType.Struct)
        {
            throw Damaged($"there is no type {head & 15}");
        }

        var count = head >> 4;
        return count < 15 ? count : Count();
    }

    private void Skip(ThriftType type, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Damaged("it is nested too deeply");
        }

        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                Next();
                break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                Unsigned();
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                Take(Count());
                break;
            case ThriftType.List or ThriftType.Set:
                var elements = List(type, out var element);
                for (var i = 0; i < elements; i++)
                {
                    SkipElement(element, depth);
                }

                break;
            case ThriftType.Map:
                var entries = Count();
                if (entries == 0)
                {
                    break;
                }

                var types = Next();
                for (var i = 0; i < entries; i++)
                {
                    SkipElement((ThriftType)(types >> 4), depth);
                    SkipElement((ThriftType)(types & 15), depth);
                }

                break;
            case ThriftType.Struct:
                for (var id = 0; Field(ref id, out var field);)
                {
                    Skip(field, depth + 1);
                }

                break;
            default:
                throw Damaged($"there is no type {(int)type}");
        }
    }

    // Only a field carries true and false in its head; in a list each takes a byte.
    private void SkipElement(ThriftType type, int depth) => Skip(type is ThriftType.True or ThriftType.False ? ThriftType.Byte : type, depth + 1);

    private int Count()
    {
        var count = Unsigned();
        return count <= (ulong)(_data.Length - Position) ? (int)count : throw Short($"{count} elements are announced and {_data.Length - Position} bytes are left");
    }

    private long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Unsigned()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Next();
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }

        throw Damaged("a number has more than ten bytes");
    }

    private byte Next() => Position < _data.Length ? _data[Position++] : throw Short("it ends too early");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _data.Length - Position)
        {
            throw Short("it ends too early");
        }

        Position += count;
        return _data.Slice(Position - count, count);
    }

    private readonly ParquetException Short(string why) => new($"{_what} is damaged: {why} (byte {Position}).") { NeedsMore = true };
}
