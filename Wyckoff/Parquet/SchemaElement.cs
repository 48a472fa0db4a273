namespace Wyckoff.Parquet;

/// <summary>A node of the schema, as the file has it. Types are told in two ways, of which the older (converted) says less.</summary>
internal sealed record SchemaElement
{
    private const int Repeated = 2;

    public string Name { get; private set; } = "";

    public int Children { get; private set; }

    public PhysicalType? Physical { get; private set; }

    private int Length { get; set; }

    private int Repetition { get; set; }

    private int Converted { get; set; } = -1;

    private int Scale { get; set; }

    private int Precision { get; set; }

    private Logical? Said { get; set; }

    // The number of the logical type, and what three of them have to say.
    private sealed record Logical(int Id, int Scale, int Precision, bool IsUtc, int Unit, bool IsSigned);

    public static SchemaElement Read(ref ThriftReader thrift)
    {
        var element = new SchemaElement();
        for (var id = 0; thrift.Field(ref id, out var type);)
        {
            switch (id)
            {
                case 1:
                    var physical = thrift.Int32(type);
                    element.Physical = physical is >= 0 and <= (int)PhysicalType.FixedLenByteArray ? (PhysicalType)physical : throw thrift.Damaged($"there is no physical type {physical}");
                    break;
                case 2:
                    element.Length = thrift.Int32(type);
                    break;
                case 3:
                    element.Repetition = thrift.Int32(type);
                    break;
                case 4:
                    element.Name = thrift.Text(type);
                    break;
                case 5:
                    element.Children = thrift.Int32(type) is >= 0 and var children ? children : throw thrift.Damaged("an element of its schema has fewer than 0 children");
                    break;
                case 6:
                    element.Converted = thrift.Int32(type);
                    break;
                case 7:
                    element.Scale = thrift.Int32(type);
                    break;
                case 8:
                    element.Precision = thrift.Int32(type);
                    break;
                case 10:
                    thrift.Struct(type);
                    element.Said = ReadLogical(ref thrift);
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        return element;
    }

    public ParquetColumn Column(string name, int index, bool nested)
    {
        var physical = Physical!.Value;
        var logical = Said ?? FromConverted();
        var kind = Kind(physical, logical.Id);
        string? refused = null;
        if (nested || Repetition == Repeated)
        {
            refused = nested ? "it is nested" : "it is repeated";
        }
        else if (physical == PhysicalType.FixedLenByteArray && Length is <= 0 or > 1 << 20)
        {
            refused = $"a value has {Length} bytes";
        }
        else if (kind == ParquetKind.Decimal && (logical.Precision is < 1 or > PowersOfTen.Largest || logical.Scale < 0 || logical.Scale > logical.Precision))
        {
            refused = $"it is DECIMAL({logical.Precision},{logical.Scale}); up to {PowersOfTen.Largest} digits are supported";
        }

        return new(name, kind, physical)
        {
            Nullable = Repetition == 1,
            Precision = logical.Precision,
            Scale = logical.Scale,
            Unit = physical == PhysicalType.Int96 ? ParquetTimeUnit.Nanoseconds : (ParquetTimeUnit)Math.Clamp(logical.Unit, 0, 2),
            IsUtc = logical.IsUtc,
            Length = physical switch { PhysicalType.FixedLenByteArray => Length, PhysicalType.Int96 => 12, _ => 0 },
            IsUnsigned = !logical.IsSigned,
            Index = index,
            Refused = refused,
        };
    }

    private static ParquetKind Kind(PhysicalType physical, int logical) => (physical, logical) switch
    {
        (PhysicalType.Boolean, _) => ParquetKind.Boolean,
        (PhysicalType.Int96, _) => ParquetKind.Timestamp,
        (PhysicalType.Float or PhysicalType.Double, _) => ParquetKind.Real,
        (_, 5) => ParquetKind.Decimal,
        (PhysicalType.Int32, 6) => ParquetKind.Date,
        (PhysicalType.Int32 or PhysicalType.Int64, 7) => ParquetKind.TimeOfDay,
        (PhysicalType.Int64, 8) => ParquetKind.Timestamp,
        (PhysicalType.Int32 or PhysicalType.Int64, _) => ParquetKind.Integer,
        (PhysicalType.ByteArray, 1 or 4 or 12) => ParquetKind.Text,
        _ => ParquetKind.Bytes,
    };

    private Logical FromConverted()
    {
        var nothing = new Logical(0, 0, 0, false, 0, true);
        return Converted switch
        {
            0 => nothing with { Id = 1 },
            4 => nothing with { Id = 4 },
            5 => nothing with { Id = 5, Scale = Scale, Precision = Precision },
            6 => nothing with { Id = 6 },
            7 or 8 => nothing with { Id = 7 },
            9 => nothing with { Id = 8, IsUtc = true },
            10 => nothing with { Id = 8, IsUtc = true, Unit = 1 },
            >= 11 and <= 14 => nothing with { Id = 10, IsSigned = false },
            19 => nothing with { Id = 12 },
            _ => nothing,
        };
    }

    private static Logical ReadLogical(ref ThriftReader thrift)
    {
        var logical = new Logical(0, 0, 0, false, 0, true);
        for (var id = 0; thrift.Field(ref id, out var type);)
        {
            thrift.Struct(type);
            logical = logical with { Id = id };
            for (var part = 0; thrift.Field(ref part, out var partType);)
            {
                switch (id, part)
                {
                    case (5, 1):
                        logical = logical with { Scale = thrift.Int32(partType) };
                        break;
                    case (5, 2):
                        logical = logical with { Precision = thrift.Int32(partType) };
                        break;
                    case (8, 1):
                        logical = logical with { IsUtc = thrift.Boolean(partType) };
                        break;
                    case (8, 2):
                        thrift.Struct(partType);
                        for (var unit = 0; thrift.Field(ref unit, out var unitType);)
                        {
                            logical = logical with { Unit = unit - 1 };
                            thrift.Skip(unitType);
                        }

                        break;
                    case (10, 2):
                        logical = logical with { IsSigned = thrift.Boolean(partType) };
                        break;
                    default:
                        thrift.Skip(partType);
                        break;
                }
            }
        }

        return logical;
    }
}
