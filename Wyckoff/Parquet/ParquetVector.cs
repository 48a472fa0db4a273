using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using ParquetSharp;
using Encoding = System.Text.Encoding;

namespace Wyckoff.Parquet;

/// <summary>The values of one column in a batch. Methods throw if the kind of the column does not match.</summary>
public sealed class ParquetVector
{
    private const long JulianEpochDay = 2_440_588;

    // Limits the memory for the texts of a batch: with a dictionary, a small file can repeat a long text any number of times.
    private const int MaxBytes = 16 << 20;
    private readonly (int Start, int Length)[] _slices;
    private byte[] _bytes = [];
    private int _used;
    private IntPtr _lastPointer;
    private (int Start, int Length) _last;
    private Array? _scratch;

    internal ParquetVector(ParquetColumn column)
    {
        Column = column;
        Present = new bool[ParquetBatch.MostRows];
        Numbers = new long[column.IsNumeric ? ParquetBatch.MostRows : 0];
        _slices = new (int, int)[column.IsNumeric ? 0 : ParquetBatch.MostRows];
    }

    public ParquetColumn Column { get; }

    internal bool[] Present { get; }

    internal long[] Numbers { get; }

    public bool IsNull(int row) => !Present[row];

    public bool Boolean(int row) => Number(row, ParquetKind.Boolean) != 0;

    /// <summary>The number, or the days since 1970 of a date.</summary>
    public Int128 Integer(int row)
    {
        var number = Column.Kind == ParquetKind.Date ? Number(row, ParquetKind.Date) : Number(row, ParquetKind.Integer);
        return !Column.IsUnsigned ? number
            : Column.Physical == PhysicalType.Int32 ? (uint)number
            : (ulong)number;
    }

    /// <summary>The number. A FLOAT is widened, which changes its shortest decimal text; see <see cref="RealText"/>.</summary>
    public double Real(int row)
    {
        var bits = Number(row, ParquetKind.Real);
        return Column.Physical == PhysicalType.Float ? BitConverter.Int32BitsToSingle((int)bits) : BitConverter.Int64BitsToDouble(bits);
    }

    /// <summary>
    /// The shortest decimal text that parses to this number: 0.1 for the double closest to 0.1, and for the float closest to 0.1.
    /// </summary>
    public string RealText(int row)
    {
        var bits = Number(row, ParquetKind.Real);
        return Column.Physical == PhysicalType.Float
            ? BitConverter.Int32BitsToSingle((int)bits).ToString("R", CultureInfo.InvariantCulture)
            : BitConverter.Int64BitsToDouble(bits).ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the column is stored as FLOAT.</summary>
    public bool IsSingle => Column.Physical == PhysicalType.Float;

    /// <summary>The digits of a decimal, of which <see cref="ParquetColumn.Scale"/> are after the point.</summary>
    public Int128 Unscaled(int row)
    {
        if (Column.IsNumeric)
        {
            return Number(row, ParquetKind.Decimal);
        }

        var bytes = Slice(row, ParquetKind.Decimal);
        // Big-endian two's complement. Bytes beyond the lowest 16 may only repeat the sign.
        var sign = bytes.Length > 0 && (sbyte)bytes[0] < 0 ? byte.MaxValue : (byte)0;
        Int128 value = (sbyte)sign;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i < bytes.Length - 16 && bytes[i] != sign)
            {
                throw new ParquetException($"Column '{Column}': a decimal has {bytes.Length} bytes; 16 at most were expected.");
            }

            value = (value << 8) | bytes[i];
        }

        return bytes.Length <= 16 || value < 0 == (sign != 0)
            ? value
            : throw new ParquetException($"Column '{Column}': a decimal has {bytes.Length} bytes; 16 at most were expected.");
    }

    /// <summary>Microseconds since 1970; false if they exceed 64 bits, or if nanoseconds are not whole microseconds.</summary>
    public bool TryGetTimestamp(int row, out long microseconds)
    {
        Int128 value;
        if (Column.Physical == PhysicalType.Int96)
        {
            var bytes = Slice(row, ParquetKind.Timestamp);
            value =
                ((Int128)BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - JulianEpochDay)
                    * (TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerDay)
                + BinaryPrimitives.ReadInt64LittleEndian(bytes);
        }
        else
        {
            value = Number(row, ParquetKind.Timestamp);
        }

        var (micros, rest) = Column.Unit switch
        {
            ParquetTimeUnit.Milliseconds => (value * 1000, 0),
            ParquetTimeUnit.Microseconds => (value, 0),
            _ => Int128.DivRem(value, 1000),
        };
        microseconds = unchecked((long)micros);
        return rest == 0 && microseconds == micros;
    }

    public ReadOnlySpan<byte> Bytes(int row) =>
        Column.Kind is ParquetKind.Text ? Slice(row, ParquetKind.Text) : Slice(row, ParquetKind.Bytes);

    public string Text(int row) => Encoding.UTF8.GetString(Bytes(row));

    internal void Clear() => _used = 0;

    /// <summary>Ends the sharing of equal pointers: after the next read, ParquetSharp may have other bytes at the same address.</summary>
    internal void ForgetPointers() => _lastPointer = 0;

    /// <summary>A reusable array that ParquetSharp fills with values.</summary>
    internal T[] Scratch<T>() => (T[])(_scratch ??= new T[ParquetBatch.MostRows]);

    /// <summary>Copies a value. The bytes of ParquetSharp are valid until its next page.</summary>
    internal void Add(int row, IntPtr pointer, int length)
    {
        // Consecutive equal texts of a dictionary have the same pointer and share one copy.
        if (pointer != _lastPointer || length != _last.Length || pointer == 0)
        {
            var start = Allocate(length);
            if (length > 0)
            {
                Marshal.Copy(pointer, _bytes, start, length);
            }

            (_lastPointer, _last) = (pointer, (start, length));
        }

        _slices[row] = _last;
    }

    internal void Add(int row, Int96 value)
    {
        const int length = 12;
        var start = Allocate(length);
        MemoryMarshal.Write(_bytes.AsSpan(start, length), value);
        _slices[row] = (start, length);
    }

    private int Allocate(int length)
    {
        if (length < 0 || length > MaxBytes - _used)
        {
            throw new ParquetException($"values of more than {MaxBytes} bytes in {ParquetBatch.MostRows} rows are not supported.");
        }

        if (_bytes.Length < _used + length)
        {
            Array.Resize(ref _bytes, Math.Max(_used + length, Math.Max(1 << 12, _bytes.Length * 2)));
        }

        _used += length;
        return _used - length;
    }

    private long Number(int row, ParquetKind kind) => Column.Kind == kind && Column.IsNumeric ? Numbers[row] : throw Wrong(kind);

    private ReadOnlySpan<byte> Slice(int row, ParquetKind kind) =>
        Column.Kind == kind && !Column.IsNumeric ? _bytes.AsSpan(_slices[row].Start, _slices[row].Length) : throw Wrong(kind);

    private InvalidOperationException Wrong(ParquetKind kind) => new($"Column '{Column}' is {Column.Kind}, not {kind}.");
}
