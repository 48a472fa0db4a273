using System.Buffers.Binary;
using ParquetSharp;

namespace Wyckoff.Parquet;

/// <summary>The position of a column chunk: the values of one column in one row group.</summary>
internal readonly record struct ChunkPlace(PhysicalType Physical, int Codec, long Start, long Length);

/// <summary>
/// Checks untrusted files before ParquetSharp reads them: the footer is valid, every page lies within its column, and the pages do not need
/// too much memory. ParquetSharp trusts the sizes in page headers and allocates them before it reads the bytes.
/// </summary>
internal sealed class ParquetFileValidator
{
    /// <summary>How many bytes the pages of all requested columns may need in memory at once.</summary>
    public const long MaxMemory = 512 << 20;

    private const uint Magic = 0x31524150;
    private const uint EncryptedMagic = 0x45524150;
    private const int MaxFooterSize = 32 << 20;
    private const int MaxColumns = 10_000;
    private const int InitialHeaderSize = 1 << 10;
    private const int MaxHeaderSize = 1 << 22;

    // ParquetSharp keeps this many bytes beside each text of a dictionary and each text with a delta-encoded length.
    private const int TextOverhead = 16;

    // A prefix in DELTA_BYTE_ARRAY may be as long as the page, and ParquetSharp copies it for each row that is read at once.
    private const long MaxPrefixBytes = 64 << 20;

    private readonly List<ChunkPlace[]> _groups = [];
    private readonly long _end;
    private byte[] _header = new byte[InitialHeaderSize];

    private ParquetFileValidator(ReadOnlySpan<byte> footer, long end)
    {
        _end = end;
        var thrift = new ThriftReader(footer, "The footer of the Parquet file");
        for (var id = 0; thrift.Field(ref id, out var type); )
        {
            switch (id)
            {
                case 2:
                    var elements = thrift.Structs(type);
                    if (elements is 0 or > MaxColumns)
                    {
                        throw thrift.Damaged($"its schema has {elements} elements; 1 to {MaxColumns} were expected");
                    }

                    SkipStructs(ref thrift, elements);
                    break;
                case 4:
                    for (var left = thrift.Structs(type); left > 0; left--)
                    {
                        _groups.Add(Group(ref thrift));
                    }

                    break;
                case 8:
                    throw Encrypted();
                default:
                    thrift.Skip(type);
                    break;
            }
        }
    }

    /// <summary>Reads and checks the footer of a file.</summary>
    /// <exception cref="ParquetException">The file is not a Parquet file, is encrypted, or its footer is damaged.</exception>
    public static ParquetFileValidator Read(Stream stream)
    {
        var length = stream.Length;
        if (length < 12)
        {
            throw new ParquetException($"This is not a Parquet file: {length} bytes are too few for one.");
        }

        Span<byte> tail = stackalloc byte[8];
        stream.Position = length - 8;
        stream.ReadExactly(tail);
        switch (BinaryPrimitives.ReadUInt32LittleEndian(tail[4..]))
        {
            case Magic:
                break;
            case EncryptedMagic:
                throw Encrypted();
            default:
                throw new ParquetException("This is not a Parquet file, or its end is missing: it does not end with PAR1.");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (size > length - 12 || size > MaxFooterSize)
        {
            throw new ParquetException(
                $"The footer of the Parquet file is damaged: it says it has {size} bytes, in a file of {length} bytes; "
                    + $"at most {MaxFooterSize} are read."
            );
        }

        var footer = new byte[size];
        stream.Position = length - 8 - size;
        stream.ReadExactly(footer);
        return new(footer, length - 8 - size);
    }

    /// <summary>Checks the pages of the requested columns of a row group.</summary>
    /// <returns>How many rows of each column may be read at once.</returns>
    public int[] CheckPages(Stream stream, int group, IReadOnlyList<ParquetColumn> columns)
    {
        long memory = 0;
        var rows = new int[columns.Count];
        foreach (var (i, column) in columns.Index())
        {
            var where = $"Column '{column}' of row group {group + 1}";
            if (column.Index >= _groups[group].Length || _groups[group][column.Index] is var chunk && chunk.Physical != column.Physical)
            {
                throw new ParquetException($"{where}: it is not there, or not of type {column.Physical}.");
            }

            memory += PageMemory(stream, where, chunk, column.Nullable, out rows[i]);
            if (memory > MaxMemory)
            {
                throw new ParquetException(
                    $"{where}: its pages and those of the columns before it need {memory >> 20} MiB of memory; "
                        + $"{MaxMemory >> 20} are allowed."
                );
            }
        }

        return rows;
    }

    private static ParquetException Encrypted() => new("The Parquet file is encrypted, which is not supported.");

    private static void SkipStructs(ref ThriftReader thrift, int count)
    {
        for (; count > 0; count--)
        {
            thrift.Skip(ThriftType.Struct);
        }
    }

    private ChunkPlace[] Group(ref ThriftReader thrift)
    {
        var chunks = Array.Empty<ChunkPlace>();
        for (var id = 0; thrift.Field(ref id, out var type); )
        {
            if (id != 1)
            {
                thrift.Skip(type);
                continue;
            }

            var count = thrift.Structs(type);
            if (count > MaxColumns)
            {
                throw thrift.Damaged($"row group {_groups.Count + 1} has {count} columns");
            }

            chunks = new ChunkPlace[count];
            for (var i = 0; i < count; i++)
            {
                chunks[i] = Chunk(ref thrift, i);
            }
        }

        return chunks;
    }

    private ChunkPlace Chunk(ref ThriftReader thrift, int column)
    {
        ChunkPlace? place = null;
        for (var id = 0; thrift.Field(ref id, out var type); )
        {
            if (id == 3)
            {
                thrift.Expect(ThriftType.Struct, type);
                place = Place(ref thrift);
            }
            else
            {
                thrift.Skip(type);
            }
        }

        return place is { } found && found.Start >= 4 && found.Length >= 0 && found.Length <= _end - found.Start
            ? found
            : throw thrift.Damaged(
                $"column {column + 1} of row group {_groups.Count + 1} is at byte {place?.Start} and has {place?.Length} bytes, "
                    + $"but the footer starts at byte {_end}"
            );
    }

    private static ChunkPlace Place(ref ThriftReader thrift)
    {
        int physical = -1,
            codec = -1;
        long length = -1,
            data = -1,
            dictionary = 0;
        for (var id = 0; thrift.Field(ref id, out var type); )
        {
            switch (id)
            {
                case 1:
                    physical = thrift.Int32(type);
                    break;
                case 4:
                    codec = thrift.Int32(type);
                    break;
                case 7:
                    length = thrift.Int64(type);
                    break;
                case 9:
                    data = thrift.Int64(type);
                    break;
                case 11:
                    dictionary = thrift.Int64(type);
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        // Some writers write 0 if there is no dictionary.
        return new((PhysicalType)physical, codec, dictionary > 0 && dictionary < data ? dictionary : data, length);
    }

    /// <summary>The memory for the decompressed dictionary and for the largest page, compressed and decompressed.</summary>
    private long PageMemory(Stream stream, string where, ChunkPlace chunk, bool nullable, out int rowsAtOnce)
    {
        rowsAtOnce = ParquetBatch.MostRows;
        long dictionary = 0,
            largest = 0;
        var end = chunk.Start + chunk.Length;
        for (var at = chunk.Start; at < end; )
        {
            var page = Header(stream, where, at, end, out var length);
            at += length;
            if (page.CompressedSize < 0 || page.CompressedSize > end - at || page.Size < 0)
            {
                throw new ParquetException(
                    $"{where}: the page at byte {at} says it has {page.CompressedSize} bytes, {page.Size} decompressed; "
                        + $"its column ends at byte {end}."
                );
            }

            var memory = (long)page.Size + page.CompressedSize;
            if (page is { IsDictionary: false, Encoding: PageHeader.DeltaLengthByteArray or PageHeader.DeltaByteArray })
            {
                memory += (long)Math.Max(page.Values, 0) * TextOverhead;
                if (memory <= MaxMemory && DeltaFault(stream, at, page, chunk.Codec, nullable) is { } fault)
                {
                    throw new ParquetException($"{where}: the page at byte {at} is damaged: {fault}.");
                }

                if (page.Encoding == PageHeader.DeltaByteArray)
                {
                    rowsAtOnce = (int)Math.Clamp(MaxPrefixBytes / Math.Max(page.Size, 1), 1, rowsAtOnce);
                }
            }

            at += page.CompressedSize;
            if (page.IsDictionary)
            {
                // A value has at least one byte, a text at least the four of its length.
                var minSize = chunk.Physical == PhysicalType.ByteArray ? 4 : 1;
                if (page.Values < 0 || page.Values > page.Size / minSize)
                {
                    throw new ParquetException($"{where}: its dictionary says it has {page.Values} values in {page.Size} bytes.");
                }

                dictionary += page.Size + (long)page.Values * TextOverhead;
            }

            largest = Math.Max(largest, memory);
        }

        return dictionary + largest;
    }

    private static string? DeltaFault(Stream stream, long at, in PageHeader page, int codec, bool nullable)
    {
        var bytes = new byte[page.CompressedSize];
        stream.Position = at;
        stream.ReadExactly(bytes);
        try
        {
            return DeltaPage.FaultOf(page, bytes, codec, nullable);
        }
        catch (Exception e) when (e is not IOException)
        {
            return e.Message.ReplaceLineEndings(" ");
        }
    }

    private PageHeader Header(Stream stream, string where, long at, long end, out int length)
    {
        for (var size = InitialHeaderSize; ; size *= 8)
        {
            if (_header.Length < size)
            {
                _header = new byte[size];
            }

            var available = (int)Math.Min(size, end - at);
            stream.Position = at;
            stream.ReadExactly(_header, 0, available);
            var thrift = new ThriftReader(_header.AsSpan(0, available), $"{where}: the header of the page at byte {at}");
            try
            {
                var page = PageHeader.Read(ref thrift);
                length = thrift.Position;
                return page;
            }
            catch (ParquetException) when (thrift.IsShort && available == size && size < MaxHeaderSize)
            {
                // Statistics of long texts make the header longer than the buffer: read more.
            }
        }
    }
}
