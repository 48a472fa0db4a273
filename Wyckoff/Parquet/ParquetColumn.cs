using ParquetSharp;

namespace Wyckoff.Parquet;

/// <summary>The logical type of a column, independent of how the values are stored.</summary>
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

/// <summary>A column of a flat schema.</summary>
public sealed record ParquetColumn
{
    private ParquetColumn(string name, ParquetKind kind, PhysicalType physical) => (Name, Kind, Physical) = (name, kind, physical);

    public string Name { get; }

    public ParquetKind Kind { get; private init; }

    public bool Nullable { get; init; }

    /// <summary>The number of digits of a decimal.</summary>
    public int Precision { get; private init; }

    /// <summary>The number of digits after the point of a decimal.</summary>
    public int Scale { get; private init; }

    public ParquetTimeUnit Unit { get; private init; }

    /// <summary>Timestamps are instants; otherwise they are local times of an unknown zone.</summary>
    public bool IsUtc { get; private init; }

    internal PhysicalType Physical { get; }

    /// <summary>The size in bytes of values of fixed length.</summary>
    internal int Length { get; private init; }

    internal bool IsUnsigned { get; private init; }

    /// <summary>The index among the leaf columns of the schema.</summary>
    internal int Index { get; private init; }

    /// <summary>Why the column cannot be read; null if it can.</summary>
    internal string? Refused { get; private init; }

    /// <summary>Values are stored as numbers of at most 64 bits; otherwise as bytes.</summary>
    internal bool IsNumeric => Physical is not (PhysicalType.Int96 or PhysicalType.ByteArray or PhysicalType.FixedLenByteArray);

    public static ParquetColumn Boolean(string name) => new(name, ParquetKind.Boolean, PhysicalType.Boolean);

    public static ParquetColumn Int32(string name) => new(name, ParquetKind.Integer, PhysicalType.Int32);

    public static ParquetColumn Int64(string name) => new(name, ParquetKind.Integer, PhysicalType.Int64);

    public static ParquetColumn Double(string name) => new(name, ParquetKind.Real, PhysicalType.Double);

    public static ParquetColumn Text(string name) => new(name, ParquetKind.Text, PhysicalType.ByteArray);

    /// <summary>A column of instants in microseconds.</summary>
    public static ParquetColumn Timestamp(string name) =>
        new(name, ParquetKind.Timestamp, PhysicalType.Int64) { Unit = ParquetTimeUnit.Microseconds, IsUtc = true };

    /// <summary>A column of decimals. Up to 18 digits are stored as INT64, up to 38 in the smallest fixed number of bytes.</summary>
    public static ParquetColumn Decimal(string name, int precision, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(precision);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, PowersOfTen.Largest);
        ArgumentOutOfRangeException.ThrowIfNegative(scale);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, precision);
        return precision <= 18
            ? new(name, ParquetKind.Decimal, PhysicalType.Int64) { Precision = precision, Scale = scale }
            : new(name, ParquetKind.Decimal, PhysicalType.FixedLenByteArray)
            {
                Precision = precision,
                Scale = scale,
                Length = BytesOf(precision),
            };
    }

    public override string ToString() => Name;

    /// <summary>Describes a column of a file.</summary>
    internal static ParquetColumn Of(ColumnDescriptor descriptor, int index)
    {
        using var path = descriptor.Path;
        using var logical = descriptor.LogicalType;
        var physical = descriptor.PhysicalType;
        var name = path.ToDotString();
        var column = new ParquetColumn(name, KindOf(physical, logical), physical)
        {
            Index = index,
            Nullable = descriptor.MaxDefinitionLevel > 0,
            Unit = ParquetTimeUnit.Nanoseconds,
            Length = physical == PhysicalType.FixedLenByteArray ? descriptor.TypeLength : 0,
            Refused =
                descriptor.MaxRepetitionLevel > 0 || descriptor.MaxDefinitionLevel > 1 || path.ToDotVector().Length > 1
                    ? "it is nested"
                    : null,
        };
        return logical switch
        {
            TimestampLogicalType time when physical == PhysicalType.Int64 => column with
            {
                IsUtc = time.IsAdjustedToUtc,
                Unit = time.TimeUnit switch
                {
                    TimeUnit.Millis => ParquetTimeUnit.Milliseconds,
                    TimeUnit.Micros => ParquetTimeUnit.Microseconds,
                    _ => ParquetTimeUnit.Nanoseconds,
                },
            },
            IntLogicalType whole => column with { IsUnsigned = !whole.IsSigned },
            DecimalLogicalType number => column with
            {
                Precision = number.Precision,
                Scale = number.Scale,
                Refused =
                    column.Refused
                    ?? (
                        number.Precision > PowersOfTen.Largest
                            ? $"it is DECIMAL({number.Precision},{number.Scale}); up to {PowersOfTen.Largest} digits are supported"
                            : null
                    ),
            },
            _ => column,
        };
    }

    private static ParquetKind KindOf(PhysicalType physical, LogicalType logical) =>
        (physical, logical) switch
        {
            (PhysicalType.Boolean, _) => ParquetKind.Boolean,
            (PhysicalType.Int96, _) => ParquetKind.Timestamp,
            (PhysicalType.Float or PhysicalType.Double, _) => ParquetKind.Real,
            (_, DecimalLogicalType) => ParquetKind.Decimal,
            (_, DateLogicalType) => ParquetKind.Date,
            (_, TimeLogicalType) => ParquetKind.TimeOfDay,
            (PhysicalType.Int64, TimestampLogicalType) => ParquetKind.Timestamp,
            (PhysicalType.Int32 or PhysicalType.Int64, _) => ParquetKind.Integer,
            (PhysicalType.ByteArray, StringLogicalType or EnumLogicalType or JsonLogicalType) => ParquetKind.Text,
            _ => ParquetKind.Bytes,
        };

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
