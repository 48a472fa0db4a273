namespace Wyckoff.Parquet;

/// <summary>The fields of a page header that determine how much memory the page needs. The constants are those of the format.</summary>
/// <param name="Kind">The page type.</param>
/// <param name="Size">The decompressed size in bytes.</param>
/// <param name="CompressedSize">The size in the file in bytes.</param>
internal readonly record struct PageHeader(int Kind, int Size, int CompressedSize)
{
    public const int DeltaLengthByteArray = 6;
    public const int DeltaByteArray = 7;
    private const int Dictionary = 2;
    private const int Version2 = 3;

    public bool IsDictionary => Kind == Dictionary;

    public bool IsVersion2 => Kind == Version2;

    public int Values { get; private init; }

    public int Encoding { get; private init; }

    /// <summary>In version 2, the size of the uncompressed levels before the values.</summary>
    public int LevelBytes { get; private init; }

    /// <summary>The values are compressed.</summary>
    public bool IsCompressed { get; private init; }

    public static PageHeader Read(ref ThriftReader thrift)
    {
        int kind = -1,
            size = -1,
            compressedSize = -1;
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
                    compressedSize = thrift.Int32(type);
                    break;
                // The header of a data page, a dictionary page or a version 2 data page. A damaged file may have one that does not match
                // the kind of its page: it is ignored.
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
            CompressedSize = compressedSize,
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
        var isCompressed = true;
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
                    isCompressed = type == ThriftType.True;
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
            IsCompressed = isCompressed,
        };
    }
}
