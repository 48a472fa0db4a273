namespace Wyckoff.Imports.Parquet;

/// <summary>What stands before each page, as far as it decides how much memory the page needs. The numbers are the format's.</summary>
internal readonly record struct PageHeader(int Kind, int Size, int Packed)
{
    public const int DeltaLengthByteArray = 6;
    public const int DeltaByteArray = 7;
    private const int Dictionary = 2;
    private const int Version2 = 3;

    public bool IsDictionary => Kind == Dictionary;

    public bool IsVersion2 => Kind == Version2;

    public int Values { get; private init; }

    public int Encoding { get; private init; }

    /// <summary>Bytes of levels that precede the values, unpacked, in version 2.</summary>
    public int LevelBytes { get; private init; }

    public bool IsPacked { get; private init; }

    public static PageHeader Read(ref ThriftReader thrift)
    {
        int kind = -1,
            size = -1,
            packed = -1;
        var content = default(PageHeader);
        for (var id = 0; thrift.Field(ref id, out var type); )
        {
            switch (id)
            {
                case 1:
                    kind = thrift.Int32(type);
                    break;
                case 2:
                    size = thrift.Int32(type);
                    break;
                case 3:
                    packed = thrift.Int32(type);
                    break;
                // A data page, a dictionary, a data page of version 2: the one that the kind says counts.
                case 5 or 7 or 8:
                    thrift.Expect(ThriftType.Struct, type);
                    var found = Content(ref thrift, id);
                    content = id == ContentOf(kind) ? found : content;
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        return content with
        {
            Kind = kind,
            Size = size,
            Packed = packed,
        };
    }

    private static int ContentOf(int kind) =>
        kind switch
        {
            Dictionary => 7,
            Version2 => 8,
            _ => 5,
        };

    private static PageHeader Content(ref ThriftReader thrift, int kind)
    {
        int values = -1,
            encoding = -1,
            definitions = 0,
            repetitions = 0;
        var isPacked = true;
        for (var id = 0; thrift.Field(ref id, out var type); )
        {
            switch (kind, id)
            {
                case (_, 1):
                    values = thrift.Int32(type);
                    break;
                case (5 or 7, 2) or (8, 4):
                    encoding = thrift.Int32(type);
                    break;
                case (8, 5):
                    definitions = thrift.Int32(type);
                    break;
                case (8, 6):
                    repetitions = thrift.Int32(type);
                    break;
                case (8, 7):
                    isPacked = type == ThriftType.True;
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        return new()
        {
            Values = values,
            Encoding = encoding,
            LevelBytes = definitions < 0 || repetitions < 0 ? -1 : (int)Math.Min(int.MaxValue, (long)definitions + repetitions),
            IsPacked = isPacked,
        };
    }
}
