using System.Buffers;
using System.Text;
using Wyckoff.Parquet;

namespace Wyckoff.Tests.Parquet;

/// <summary>Writes Thrift's compact protocol, to build damaged page headers and footers.</summary>
internal sealed class ThriftWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Stack<int> _outer = new();
    private int _last;

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    public ThriftWriter Int32(int id, int value) => Head(id, ThriftType.I32).Signed(value);

    public ThriftWriter Int64(int id, long value) => Head(id, ThriftType.I64).Signed(value);

    public ThriftWriter Boolean(int id, bool value) => Head(id, value ? ThriftType.True : ThriftType.False);

    public ThriftWriter Text(int id, string value) => Binary(id, Encoding.UTF8.GetBytes(value));

    public ThriftWriter Binary(int id, ReadOnlySpan<byte> value) => Head(id, ThriftType.Binary).Raw(value);

    public ThriftWriter Int32List(int id, params ReadOnlySpan<int> values)
    {
        List(id, ThriftType.I32, values.Length);
        foreach (var value in values)
        {
            Signed(value);
        }

        return this;
    }

    public ThriftWriter TextList(int id, string value) => List(id, ThriftType.Binary, 1).Raw(Encoding.UTF8.GetBytes(value));

    /// <summary>Begins a list of structs. Each struct follows as <see cref="Begin()"/>, its fields and <see cref="End"/>.</summary>
    public ThriftWriter StructList(int id, int count) => List(id, ThriftType.Struct, count);

    public ThriftWriter Begin(int id) => Head(id, ThriftType.Struct).Begin();

    public ThriftWriter Begin()
    {
        _outer.Push(_last);
        _last = 0;
        return this;
    }

    public ThriftWriter End()
    {
        _last = _outer.Pop();
        return Byte(0);
    }

    private ThriftWriter List(int id, ThriftType element, int count)
    {
        Head(id, ThriftType.List);
        return count < 15 ? Byte((byte)((count << 4) | (int)element)) : Byte((byte)(0xF0 | (int)element)).Unsigned((ulong)count);
    }

    private ThriftWriter Head(int id, ThriftType type)
    {
        var step = id - _last;
        _last = id;
        return step is > 0 and < 16 ? Byte((byte)((step << 4) | (int)type)) : Byte((byte)type).Signed(id);
    }

    private ThriftWriter Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    private ThriftWriter Unsigned(ulong value)
    {
        for (; value > 127; value >>= 7)
        {
            Byte((byte)(value | 128));
        }

        return Byte((byte)value);
    }

    private ThriftWriter Raw(ReadOnlySpan<byte> value)
    {
        Unsigned((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    private ThriftWriter Byte(byte value)
    {
        _bytes.Write([value]);
        return this;
    }
}
