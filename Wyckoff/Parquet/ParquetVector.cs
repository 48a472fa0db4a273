using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Wyckoff.Parquet;

/// <summary>The values of one column in a batch. Asking for what the column's kind does not have throws.</summary>
public sealed class ParquetVector
{
    private static readonly long JulianEpochDay = 2_440_588;

    internal ParquetVector(ParquetColumn column)
    {
        Column = column;
        Present = new bool[ParquetBatch.MostRows];
        Numbers = new long[column.IsNumeric ? ParquetBatch.MostRows : 0];
        Slices = new ReadOnlyMemory<byte>[column.IsNumeric ? 0 : ParquetBatch.MostRows];
    }

    public ParquetColumn Column { get; }

    public int Count { get; private set; }

    internal bool[] Present { get; }

    internal long[] Numbers { get; }

    internal ReadOnlyMemory<byte>[] Slices { get; }

    public bool IsNull(int row) => !Present[row];

    public bool Boolean(int row) => Number(row, ParquetKind.Boolean) != 0;

    /// <summary>The number; of a date, the days since 1970.</summary>
    public Int128 Integer(int row)
    {
        var number = Column.Kind == ParquetKind.Date ? Number(row, ParquetKind.Date) : Number(row, ParquetKind.Integer);
        return !Column.IsUnsigned ? number : Column.Physical == PhysicalType.Int32 ? (uint)number : (ulong)number;
    }

    /// <summary>The number; of FLOAT, the same in a wider type, which is seldom the same in decimals: <see cref="RealText"/>.</summary>
    public double Real(int row)
    {
        var bits = Number(row, ParquetKind.Real);
        return Column.Physical == PhysicalType.Float ? BitConverter.Int32BitsToSingle((int)bits) : BitConverter.Int64BitsToDouble(bits);
    }

    /// <summary>The shortest decimal text that names this number and no other: 0.1 of the double nearest to 0.1, and of the float nearest to it.</summary>
    public string RealText(int row)
    {
        var bits = Number(row, ParquetKind.Real);
        return Column.Physical == PhysicalType.Float
            ? BitConverter.Int32BitsToSingle((int)bits).ToString("R", CultureInfo.InvariantCulture)
            : BitConverter.Int64BitsToDouble(bits).ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>Whether <see cref="Real"/> has only the precision of FLOAT.</summary>
    public bool IsSingle => Column.Physical == PhysicalType.Float;

    /// <summary>The digits of a decimal; <see cref="ParquetColumn.Scale"/> of them stand after the point.</summary>
    public Int128 Unscaled(int row)
    {
        if (Column.IsNumeric)
        {
            return Number(row, ParquetKind.Decimal);
        }

        var bytes = Slice(row, ParquetKind.Decimal).Span;
        // Two's complement, the highest byte first; more than 16 are only ever copies of the sign.
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

        return bytes.Length <= 16 || value < 0 == (sign != 0) ? value : throw new ParquetException($"Column '{Column}': a decimal has {bytes.Length} bytes; 16 at most were expected.");
    }

    /// <summary>Microseconds since 1970; false where 64 bits do not hold them, or where there are nanoseconds that are not whole microseconds.</summary>
    public bool TryGetTimestamp(int row, out long microseconds)
    {
        Int128 value;
        if (Column.Physical == PhysicalType.Int96)
        {
            var bytes = Slice(row, ParquetKind.Timestamp).Span;
            value = ((Int128)BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - JulianEpochDay) * (TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerDay) + BinaryPrimitives.ReadInt64LittleEndian(bytes);
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

    public ReadOnlySpan<byte> Bytes(int row) => Column.Kind is ParquetKind.Text ? Slice(row, ParquetKind.Text).Span : Slice(row, ParquetKind.Bytes).Span;

    public string Text(int row) => Encoding.UTF8.GetString(Bytes(row));

    internal void Clear(int count) => Count = count;

    private long Number(int row, ParquetKind kind) => Column.Kind == kind && Column.IsNumeric ? Numbers[row] : throw Wrong(kind);

    private ReadOnlyMemory<byte> Slice(int row, ParquetKind kind) => Column.Kind == kind && !Column.IsNumeric ? Slices[row] : throw Wrong(kind);

    private InvalidOperationException Wrong(ParquetKind kind) => new($"Column '{Column}' is {Column.Kind}, not {kind}.");
}
