namespace Wyckoff.Parquet;

internal enum PageType
{
    Data = 0,
    Index = 1,
    Dictionary = 2,
    DataV2 = 3,
}

/// <summary>The numbers are the format's.</summary>
internal enum PageEncoding
{
    Plain = 0,
    PlainDictionary = 2,
    Rle = 3,
    BitPacked = 4,
    DeltaBinaryPacked = 5,
    DeltaLengthByteArray = 6,
    DeltaByteArray = 7,
    RleDictionary = 8,
    ByteStreamSplit = 9,
}

/// <summary>What stands before each page.</summary>
internal readonly record struct PageHeader(PageType Type, int Size, int CompressedSize)
{
    private const int LargestPage = 1 << 28;
    private const string What = "a page header";

    /// <summary>Of the bytes that follow; few writers give one.</summary>
    public int? Checksum { get; private init; }

    public int Values { get; private init; }

    public PageEncoding Encoding { get; private init; }

    public PageEncoding LevelEncoding { get; private init; }

    public int LevelBytes { get; private init; }

    public int RepetitionBytes { get; private init; }

    public bool IsCompressed { get; private init; }

    public static PageHeader Read(ReadOnlySpan<byte> bytes, out int length)
    {
        var thrift = new ThriftReader(bytes, What);
        int? pageType = null, size = null, compressed = null, values = null, checksum = null;
        var encoding = 0;
        int levelEncoding = (int)PageEncoding.Rle, levels = 0, repetitions = 0;
        var isCompressed = true;
        for (var id = 0; thrift.Field(ref id, out var type);)
        {
            switch (id)
            {
                case 1:
                    pageType = thrift.Int32(type);
                    break;
                case 2:
                    size = thrift.Int32(type);
                    break;
                case 3:
                    compressed = thrift.Int32(type);
                    break;
                case 4:
                    checksum = thrift.Int32(type);
                    break;
                case 5 or 7 or 8:
                    thrift.Struct(type);
                    for (var part = 0; thrift.Field(ref part, out var partType);)
                    {
                        // Data pages, dictionaries, and data pages of version 2 have the same to say, in different places.
                        switch (id, part)
                        {
                            case (_, 1):
                                values = thrift.Int32(partType);
                                break;
                            case (5 or 7, 2) or (8, 4):
                                encoding = thrift.Int32(partType);
                                break;
                            case (5, 3):
                                levelEncoding = thrift.Int32(partType);
                                break;
                            case (8, 5):
                                levels = thrift.Int32(partType);
                                break;
                            case (8, 6):
                                repetitions = thrift.Int32(partType);
                                break;
                            case (8, 7):
                                isCompressed = thrift.Boolean(partType);
                                break;
                            default:
                                thrift.Skip(partType);
                                break;
                        }
                    }

                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        length = thrift.Position;
        if (pageType is null || size is not (>= 0 and <= LargestPage) || compressed is not (>= 0 and <= LargestPage))
        {
            throw thrift.Damaged($"the page is of type {pageType}, of {size} bytes, compressed {compressed}; up to {LargestPage} are supported");
        }

        if (pageType != (int)PageType.Index && values is not >= 0)
        {
            throw thrift.Damaged($"the page has {values} values");
        }

        // In version 2 the levels are part of both sizes.
        if (levels < 0 || repetitions < 0 || (long)levels + repetitions > Math.Min(size.Value, compressed.Value))
        {
            throw thrift.Damaged($"the page of {size} bytes has {levels} and {repetitions} of levels");
        }

        return new((PageType)pageType, size.Value, compressed.Value)
        {
            Checksum = checksum,
            Values = values ?? 0,
            Encoding = (PageEncoding)encoding,
            LevelEncoding = (PageEncoding)levelEncoding,
            LevelBytes = levels,
            RepetitionBytes = repetitions,
            IsCompressed = isCompressed,
        };
    }
}
