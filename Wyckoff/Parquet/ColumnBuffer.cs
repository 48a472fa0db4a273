using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ParquetSharp;
using Encoding = System.Text.Encoding;

namespace Wyckoff.Parquet;

/// <summary>Collects the values of one column until its row group is written.</summary>
internal abstract class ColumnBuffer(ParquetColumn column)
{
    private readonly List<short> _levels = [];

    public ParquetColumn Column { get; } = column;

    public int Rows => _levels.Count;

    /// <summary>The approximate size of the values in bytes.</summary>
    public abstract int Size { get; }

    public static ColumnBuffer Of(ParquetColumn column) =>
        column.Physical switch
        {
            PhysicalType.Boolean => new ColumnBuffer<bool>(column),
            PhysicalType.Int32 => new ColumnBuffer<int>(column),
            PhysicalType.Int64 => new ColumnBuffer<long>(column),
            PhysicalType.Double => new ColumnBuffer<double>(column),
            _ => new BytesBuffer(column),
        };

    public void AddNull() =>
        _levels.Add(Column.Nullable ? (short)0 : throw new InvalidOperationException($"Column '{Column}' is not nullable."));

    public virtual void AddText(string value) => throw NotStoredAs(typeof(string));

    public void AddUnscaled(Int128 value)
    {
        if (Column.Kind != ParquetKind.Decimal || (UInt128)Int128.Abs(value) >= PowersOfTen.Of(Column.Precision))
        {
            throw new ArgumentOutOfRangeException(
                nameof(value),
                value,
                $"Column '{Column}' is {Column.Kind} of {Column.Precision} digits."
            );
        }

        AddDigits(value);
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

        // A decimal has up to 29 digits and an Int128 holds 38, so up to 9 more digits always fit.
        if (
            scale > Column.Scale
            || (Column.Scale - scale > 9 && digits >= (Int128)PowersOfTen.Of(PowersOfTen.Largest - Column.Scale + scale))
        )
        {
            throw new ArgumentOutOfRangeException(
                nameof(value),
                value,
                $"Column '{Column}' is DECIMAL({Column.Precision},{Column.Scale})."
            );
        }

        digits *= (Int128)PowersOfTen.Of(Column.Scale - scale);
        AddUnscaled(value < 0 ? -digits : digits);
    }

    /// <summary>Writes the values of the row group and clears the buffer.</summary>
    public void WriteTo(ColumnWriter writer)
    {
        Write(writer, Column.Nullable ? CollectionsMarshal.AsSpan(_levels) : default);
        _levels.Clear();
    }

    public InvalidOperationException NotStoredAs(Type type) => new($"Column '{Column}' is stored as {Column.Physical}, not {type.Name}.");

    protected void AddPresent() => _levels.Add(1);

    protected abstract void AddDigits(Int128 value);

    protected abstract void Write(ColumnWriter writer, ReadOnlySpan<short> levels);

    protected void Write<T>(ColumnWriter writer, ReadOnlySpan<short> levels, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (Column.Nullable)
        {
            ((ColumnWriter<T>)writer).WriteBatch(levels.Length, levels, default, values);
        }
        else
        {
            ((ColumnWriter<T>)writer).WriteBatch(values);
        }
    }
}

/// <summary>Buffers numbers and booleans.</summary>
internal sealed class ColumnBuffer<T>(ParquetColumn column) : ColumnBuffer(column)
    where T : unmanaged
{
    private readonly List<T> _values = [];

    public override int Size => _values.Count * sizeof(long);

    public void Add(T value)
    {
        AddPresent();
        _values.Add(value);
    }

    protected override void AddDigits(Int128 value)
    {
        if (this is ColumnBuffer<long> numbers)
        {
            numbers.Add((long)value);
        }
    }

    protected override void Write(ColumnWriter writer, ReadOnlySpan<short> levels)
    {
        Write<T>(writer, levels, CollectionsMarshal.AsSpan(_values));
        _values.Clear();
    }
}

/// <summary>Buffers texts, and decimals of more than 18 digits.</summary>
internal sealed class BytesBuffer(ParquetColumn column) : ColumnBuffer(column)
{
    private readonly List<(int Start, int Length)> _slices = [];

    // Pinned, because ParquetSharp reads the values through pointers.
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(1 << 12, pinned: true);
    private ByteArray[] _texts = [];
    private FixedLenByteArray[] _decimals = [];
    private int _used;
    private string? _last;

    public override int Size => _used + _slices.Count * 2 * sizeof(int);

    public override void AddText(string value)
    {
        if (Column.Kind != ParquetKind.Text)
        {
            throw NotStoredAs(typeof(string));
        }

        AddPresent();
        // Symbols and sources rarely change from row to row, so a repeated text shares its bytes.
        if (value == _last)
        {
            _slices.Add(_slices[^1]);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, Allocate(length));
        _last = value;
    }

    protected override void AddDigits(Int128 value)
    {
        AddPresent();
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(bytes, value);
        bytes[^Column.Length..].CopyTo(Allocate(Column.Length));
    }

    protected override void Write(ColumnWriter writer, ReadOnlySpan<short> levels)
    {
        if (Column.Physical == PhysicalType.ByteArray)
        {
            Write(writer, levels, ref _texts, slice => new(PointerTo(slice.Start), slice.Length));
        }
        else
        {
            Write(writer, levels, ref _decimals, slice => new(PointerTo(slice.Start)));
        }

        _slices.Clear();
        (_used, _last) = (0, null);
    }

    // The array is reused: a new one for each row group would go to the large object heap, which is collected rarely.
    private void Write<T>(ColumnWriter writer, ReadOnlySpan<short> levels, ref T[] values, Func<(int Start, int Length), T> of)
        where T : unmanaged
    {
        if (values.Length < _slices.Count)
        {
            values = new T[_slices.Count];
        }

        for (var i = 0; i < _slices.Count; i++)
        {
            values[i] = of(_slices[i]);
        }

        Write<T>(writer, levels, values.AsSpan(0, _slices.Count));
    }

    private IntPtr PointerTo(int start) => Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, start);

    private Span<byte> Allocate(int length)
    {
        if (_bytes.Length - _used < length)
        {
            var larger = GC.AllocateUninitializedArray<byte>(Math.Max(_bytes.Length * 2, _used + length), pinned: true);
            _bytes.AsSpan(0, _used).CopyTo(larger);
            _bytes = larger;
        }

        _slices.Add((_used, length));
        _used += length;
        return _bytes.AsSpan(_used - length, length);
    }
}
