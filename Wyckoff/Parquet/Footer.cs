using System.Buffers.Binary;

namespace Wyckoff.Parquet;

/// <summary>Where the values of one column of one row group are.</summary>
internal readonly record struct ColumnChunk(PhysicalType Physical, Codec Codec, long Values, long Start, bool Elsewhere);

internal sealed record RowGroup(long Rows, ColumnChunk[] Chunks);

/// <summary>What the end of a file says about the rest of it.</summary>
internal sealed record Footer(IReadOnlyList<ParquetColumn> Columns, IReadOnlyList<RowGroup> Groups, long Rows, string? CreatedBy, long DataEnd)
{
    // "PAR1" at both ends; "PARE" when the footer is encrypted.
    public const uint Magic = 0x31524150;
    private const uint EncryptedMagic = 0x45524150;
    private const int MaxLength = 32 << 20;
    private const int MaxColumns = 10_000;
    private const int MaxDepth = 32;
    private const string What = "The footer of the Parquet file";

    public static async ValueTask<Footer> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var length = stream.Length;
        if (length < 12)
        {
            throw new ParquetException($"This is not a Parquet file: {length} bytes are too few for one.");
        }

        var tail = new byte[8];
        stream.Position = length - 8;
        await stream.ReadExactlyAsync(tail, cancellationToken);
        switch (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(4)))
        {
            case Magic:
                break;
            case EncryptedMagic:
                throw new ParquetException("The Parquet file is encrypted, which is not supported.");
            default:
                throw new ParquetException("This is not a Parquet file, or its end is missing: it does not end with PAR1.");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (size > length - 12 || size > MaxLength)
        {
            throw new ParquetException($"{What} is damaged: it says it has {size} bytes, of a file of {length}; at most {MaxLength} are read.");
        }

        var footer = new byte[size];
        stream.Position = length - 8 - size;
        await stream.ReadExactlyAsync(footer, cancellationToken);
        return Parse(footer, length - 8 - size);
    }

    private static Footer Parse(ReadOnlySpan<byte> bytes, long dataEnd)
    {
        var thrift = new ThriftReader(bytes, What);
        ParquetColumn[]? columns = null;
        List<RowGroup>? groups = null;
        string? createdBy = null;
        for (var id = 0; thrift.Field(ref id, out var type);)
        {
            switch (id)
            {
                case 2:
                    columns = Schema(ref thrift, type);
                    break;
                case 4:
                    // The schema comes before, since fields are written in the order of their numbers.
                    var count = thrift.Structs(type);
                    groups = new(Math.Min(count, 1024));
                    for (var i = 0; i < count; i++)
                    {
                        groups.Add(Group(ref thrift, columns ?? throw thrift.Damaged("row groups come before the schema"), i + 1, dataEnd));
                    }

                    break;
                case 6:
                    createdBy = thrift.Text(type);
                    break;
                case 8:
                    throw new ParquetException("The Parquet file is encrypted, which is not supported.");
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        if (columns is null || groups is null)
        {
            throw thrift.Damaged(columns is null ? "it has no schema" : "it has no list of row groups");
        }

        // Some writers announce no rows, or others than there are: what counts is what the row groups have.
        var rows = groups.Aggregate((Int128)0, (sum, group) => sum + group.Rows);
        return rows <= long.MaxValue ? new(columns, groups, (long)rows, createdBy, dataEnd) : throw thrift.Damaged($"its row groups have {rows} rows");
    }

    private static RowGroup Group(ref ThriftReader thrift, ParquetColumn[] columns, int number, long dataEnd)
    {
        var chunks = Array.Empty<ColumnChunk>();
        long rows = -1;
        for (var id = 0; thrift.Field(ref id, out var type);)
        {
            switch (id)
            {
                case 1:
                    var count = thrift.Structs(type);
                    if (count != columns.Length)
                    {
                        throw thrift.Damaged($"row group {number} has {count} columns, the schema {columns.Length}");
                    }

                    chunks = new ColumnChunk[count];
                    for (var i = 0; i < count; i++)
                    {
                        chunks[i] = Chunk(ref thrift, columns[i], number, dataEnd);
                    }

                    break;
                case 3:
                    rows = thrift.Integer(type);
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        return rows >= 0 && chunks.Length == columns.Length ? new(rows, chunks) : throw thrift.Damaged($"row group {number} has {chunks.Length} of {columns.Length} columns and {rows} rows");
    }

    private static ColumnChunk Chunk(ref ThriftReader thrift, ParquetColumn column, int group, long dataEnd)
    {
        var elsewhere = false;
        ColumnChunk? chunk = null;
        for (var id = 0; thrift.Field(ref id, out var type);)
        {
            switch (id)
            {
                case 1:
                    elsewhere = thrift.Text(type).Length > 0;
                    break;
                case 3:
                    thrift.Struct(type);
                    chunk = MetaData(ref thrift, column, group, dataEnd);
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        return chunk is { } found ? found with { Elsewhere = elsewhere } : throw thrift.Damaged($"column '{column}' of row group {group} has no metadata");
    }

    private static ColumnChunk MetaData(ref ThriftReader thrift, ParquetColumn column, int group, long dataEnd)
    {
        int? physical = null, codec = null;
        long? values = null, data = null, dictionary = null;
        for (var id = 0; thrift.Field(ref id, out var type);)
        {
            switch (id)
            {
                case 1:
                    physical = thrift.Int32(type);
                    break;
                case 4:
                    codec = thrift.Int32(type);
                    break;
                case 5:
                    values = thrift.Integer(type);
                    break;
                case 9:
                    data = thrift.Integer(type);
                    break;
                case 11:
                    dictionary = thrift.Integer(type);
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        if (physical is null || codec is null || values is null || data is null)
        {
            throw thrift.Damaged($"the metadata of column '{column}' of row group {group} say not all they must");
        }

        // Some writers leave the offset of the dictionary out, or write 0, and let that of the data point at it. Pages say themselves what they are.
        var start = dictionary is > 0 && dictionary < data ? dictionary.Value : data.Value;
        return values == 0 || (values > 0 && start >= 4 && start <= dataEnd)
            ? new((PhysicalType)physical, (Codec)codec, values.Value, start, false)
            : throw thrift.Damaged($"column '{column}' of row group {group} has {values} values at byte {start} of {dataEnd}");
    }

    private static ParquetColumn[] Schema(ref ThriftReader thrift, ThriftType listType)
    {
        var count = thrift.Structs(listType);
        if (count is 0 or > MaxColumns)
        {
            throw thrift.Damaged($"its schema has {count} elements; 1 to {MaxColumns} were expected");
        }

        var elements = new SchemaElement[count];
        for (var i = 0; i < count; i++)
        {
            elements[i] = SchemaElement.Read(ref thrift);
        }

        var leaves = new List<ParquetColumn>();
        var next = 1;
        for (var child = 0; child < elements[0].Children; child++)
        {
            Leaves(thrift, elements, ref next, leaves, "", false, 0);
        }

        return next == count ? [.. leaves] : throw thrift.Damaged($"its schema has {count} elements, and {next} of them hang together");
    }

    private static void Leaves(in ThriftReader thrift, SchemaElement[] elements, ref int next, List<ParquetColumn> leaves, string path, bool nested, int depth)
    {
        if (next >= elements.Length || depth > MaxDepth)
        {
            throw thrift.Damaged(depth > MaxDepth ? "its schema is nested too deeply" : "its schema ends too early");
        }

        var element = elements[next++];
        var name = path + element.Name;
        if (element.Children is 0 && element.Physical is not null)
        {
            leaves.Add(element.Column(name, leaves.Count, nested));
            return;
        }

        for (var child = 0; child < element.Children; child++)
        {
            Leaves(thrift, elements, ref next, leaves, name + ".", true, depth + 1);
        }
    }
}
