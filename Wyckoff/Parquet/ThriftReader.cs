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

/// <summary>
/// Reads Thrift's compact protocol from untrusted bytes. ParquetSharp reads the same bytes afterwards. This reader is stricter, so that
/// both read the same values: the ids of fields must ascend, and each field must have the type that the format defines.
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> data, string what)
{
    private const int MaxDepth = 32;
    private readonly ReadOnlySpan<byte> _data = data;
    private readonly string _what = what;

    public int Position { get; private set; }

    /// <summary>The data ended within a value, so more data may be needed.</summary>
    public bool IsShort { get; private set; }

    /// <summary>
    /// Reads the header of the next field of a struct; false at its end. <paramref name="id"/> starts at 0 and holds the last id.
    /// </summary>
    public bool Field(ref int id, out ThriftType type)
    {
        var head = Next();
        type = (ThriftType)(head & 15);
        if (type == ThriftType.Stop)
        {
            return false;
        }

        var last = id;
        id = head >> 4 == 0 ? (int)Math.Clamp(Signed(), 0, short.MaxValue) : id + (head >> 4);
        return type <= ThriftType.Struct && id > last && id <= short.MaxValue
            ? true
            : throw Damaged($"field {id} of type {(int)type} follows field {last}");
    }

    public int Int32(ThriftType type)
    {
        Expect(ThriftType.I32, type);
        var value = Signed();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Damaged($"{value} is more than 32 bits hold");
    }

    public long Int64(ThriftType type)
    {
        Expect(ThriftType.I64, type);
        return Signed();
    }

    /// <summary>Reads the header of a list of structs and returns its count.</summary>
    public int Structs(ThriftType type)
    {
        var count = List(type, out var element);
        return count == 0 || element == ThriftType.Struct
            ? count
            : throw Damaged($"a list of structs was expected instead of one of {element}");
    }

    public readonly void Expect(ThriftType expected, ThriftType type)
    {
        if (type != expected)
        {
            throw Damaged($"{expected} was expected instead of {type}");
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
                var types = entries == 0 ? 0 : Next();
                for (var i = 0; i < entries; i++)
                {
                    SkipElement((ThriftType)(types >> 4), depth);
                    SkipElement((ThriftType)(types & 15), depth);
                }

                break;
            case ThriftType.Struct:
                for (var id = 0; Field(ref id, out var field); )
                {
                    Skip(field, depth + 1);
                }

                break;
            default:
                throw Damaged($"there is no type {(int)type}");
        }
    }

    // A boolean field has its value in the field header; in a list or a map each boolean is a byte.
    private void SkipElement(ThriftType type, int depth) =>
        Skip(type is ThriftType.True or ThriftType.False ? ThriftType.Byte : type, depth + 1);

    // Each element has at least one byte, so a valid count is not larger than the number of bytes left.
    private int Count()
    {
        var count = Unsigned();
        return count <= (ulong)(_data.Length - Position)
            ? (int)count
            : throw Short($"{count} elements or bytes are announced and {_data.Length - Position} are left");
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

    private void Take(int count)
    {
        if (count > _data.Length - Position)
        {
            throw Short("it ends too early");
        }

        Position += count;
    }

    private ParquetException Short(string why)
    {
        IsShort = true;
        return Damaged(why);
    }
}
