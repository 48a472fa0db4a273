namespace Wyckoff.Parquet;

/// <summary>What the values of a column are, whatever they are stored as.</summary>
public enum ParquetKind
{
    Boolean,
    Integer,
    Real,
    Decimal,
    Timestamp,
    Date,
    TimeOfDay,
    Text,
    Bytes,
}

public enum ParquetTimeUnit
{
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// <summary>How a value is stored; the numbers are the format's.</summary>
internal enum PhysicalType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Int96 = 3,
    Float = 4,
    Double = 5,
    ByteArray = 6,
    FixedLenByteArray = 7,
}

/// <summary>One column of a flat schema.</summary>
public sealed record ParquetColumn
{
    internal ParquetColumn(string name, ParquetKind kind, PhysicalType physical) => (Name, Kind, Physical) = (name, kind, physical);

    public string Name { get; }

    public ParquetKind Kind { get; internal init; }

    public bool Nullable { get; init; }

    /// <summary>Digits of a decimal.</summary>
    public int Precision { get; internal init; }

    /// <summary>Digits of a decimal after the point.</summary>
    public int Scale { get; internal init; }

    public ParquetTimeUnit Unit { get; internal init; }

    /// <summary>A timestamp is an instant; otherwise it is what a clock on some wall said.</summary>
    public bool IsUtc { get; internal init; }

    internal PhysicalType Physical { get; }

    /// <summary>Bytes of a value of fixed length.</summary>
    internal int Length { get; init; }

    internal bool IsUnsigned { get; init; }

    /// <summary>Its place among the leaves of the schema.</summary>
    internal int Index { get; init; }

    /// <summary>Why it cannot be read; null when it can.</summary>
    internal string? Refused { get; init; }

    /// <summary>Its values are numbers of 64 bits at most; otherwise they are bytes.</summary>
    internal bool IsNumeric => Physical is not (PhysicalType.Int96 or PhysicalType.ByteArray or PhysicalType.FixedLenByteArray);

    public static ParquetColumn Boolean(string name) => new(name, ParquetKind.Boolean, PhysicalType.Boolean);

    public static ParquetColumn Int32(string name) => new(name, ParquetKind.Integer, PhysicalType.Int32);

    public static ParquetColumn Int64(string name) => new(name, ParquetKind.Integer, PhysicalType.Int64);

    public static ParquetColumn Double(string name) => new(name, ParquetKind.Real, PhysicalType.Double);

    public static ParquetColumn Text(string name) => new(name, ParquetKind.Text, PhysicalType.ByteArray);

    /// <summary>Instants, in microseconds.</summary>
    public static ParquetColumn Timestamp(string name) => new(name, ParquetKind.Timestamp, PhysicalType.Int64) { Unit = ParquetTimeUnit.Microseconds, IsUtc = true };

    /// <summary>Up to 18 digits are stored as INT64, up to 38 in as few bytes as hold them.</summary>
    public static ParquetColumn Decimal(string name, int precision, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(precision);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, 38);
        ArgumentOutOfRangeException.ThrowIfNegative(scale);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, precision);
        return precision <= 18
            ? new(name, ParquetKind.Decimal, PhysicalType.Int64) { Precision = precision, Scale = scale }
            : new(name, ParquetKind.Decimal, PhysicalType.FixedLenByteArray) { Precision = precision, Scale = scale, Length = BytesOf(precision) };
    }

    public override string ToString() => Name;

    private static int BytesOf(int precision)
    {
        var bytes = 1;
        for (UInt128 limit = 1 << 7, largest = PowersOfTen.Of(precision); limit < largest; limit <<= 8)
        {
            bytes++;
        }

        return bytes;
    }
}
