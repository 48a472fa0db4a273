using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ParquetSharp;

namespace Wyckoff.Parquet;

/// <summary>
/// Checks pages in DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY. Their compressed values begin with a sequence of lengths and its count.
/// ParquetSharp allocates memory for that count without comparing it with the page header, so a page of 40 bytes can make it allocate 8 GB.
/// </summary>
internal static class DeltaPage
{
    private const int Uncompressed = 0;
    private const int LengthBytes = 4;

    /// <summary>Returns what is wrong with a page, or null.</summary>
    /// <param name="page">The header of the page.</param>
    /// <param name="bytes">The page after its header.</param>
    /// <param name="codec">The codec of the column, as numbered by the format.</param>
    /// <param name="nullable">The values are preceded by definition levels.</param>
    public static string? FaultOf(in PageHeader page, ReadOnlySpan<byte> bytes, int codec, bool nullable)
    {
        // Levels are never compressed in version 2, and compressed together with the values in version 1.
        var levels = page.LevelBytes;
        if (levels < 0 || levels > Math.Min(page.CompressedSize, page.Size))
        {
            return $"it has {levels} bytes of levels";
        }

        var values = Decompress(
            page.IsCompressed ? codec : Uncompressed,
            bytes[levels..],
            page.IsCompressed ? page.Size - levels : page.CompressedSize - levels
        );
        var at = 0;
        if (nullable && !page.IsVersion2)
        {
            if (values.Length < LengthBytes || BinaryPrimitives.ReadUInt32LittleEndian(values) > values.Length - LengthBytes)
            {
                return "its definition levels are cut off";
            }

            at = LengthBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(values);
        }

        // DELTA_BYTE_ARRAY has two sequences, of prefix and suffix lengths; DELTA_LENGTH_BYTE_ARRAY has one.
        return
            page.Values == 0
            || (Skip(values, ref at, page.Values) && (page.Encoding != PageHeader.DeltaByteArray || Skip(values, ref at, page.Values)))
            ? null
            : $"its lengths are not those of {page.Values} values";
    }

    /// <summary>Skips a DELTA_BINARY_PACKED sequence; false if it has more values than the page or does not end within the page.</summary>
    private static bool Skip(ReadOnlySpan<byte> bytes, ref int at, int max)
    {
        if (
            !Varint(bytes, ref at, out var block)
            || !Varint(bytes, ref at, out var parts)
            || !Varint(bytes, ref at, out var total)
            || !Varint(bytes, ref at, out _)
            || total > (ulong)max
            || parts is 0 or > 1 << 16
            || block is 0 or > int.MaxValue
            || block % parts != 0
        )
        {
            return false;
        }

        var perPart = (long)(block / parts);
        for (var left = (long)total - 1; left > 0; )
        {
            if (!Varint(bytes, ref at, out _) || bytes.Length - at < (int)parts)
            {
                return false;
            }

            var widths = bytes.Slice(at, (int)parts);
            at += (int)parts;
            for (var part = 0; part < widths.Length && left > 0; part++, left -= perPart)
            {
                var size = ((widths[part] * perPart) + 7) / 8;
                if (size > bytes.Length - at)
                {
                    return false;
                }

                at += (int)size;
            }
        }

        return true;
    }

    private static bool Varint(ReadOnlySpan<byte> bytes, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 70 && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Decompresses a page. ParquetSharp does not expose its codecs, so the page is wrapped in a Parquet file with one column of single
    /// bytes, which ParquetSharp reads.
    /// </summary>
    private static byte[] Decompress(int codec, ReadOnlySpan<byte> compressed, int size)
    {
        if (codec == Uncompressed || size == 0)
        {
            return compressed.ToArray();
        }

        byte[] header =
        [
            0x15,
            0,
            0x15,
            .. Signed(size),
            0x15,
            .. Signed(compressed.Length),
            0x2C,
            0x15,
            .. Signed(size),
            0x15,
            0,
            0x15,
            6,
            0x15,
            6,
            0,
            0,
        ];
        var total = Signed(header.Length + compressed.Length);
        byte[] schema =
        [
            0x48,
            1,
            (byte)'s',
            0x15,
            2,
            0, /* FIXED_LEN_BYTE_ARRAY(1) */
            0x15,
            14,
            0x15,
            2,
            0x15,
            0,
            0x18,
            1,
            (byte)'b',
            0,
        ];
        byte[] chunk =
        [
            0x15,
            14,
            0x19,
            0x15,
            0,
            0x19,
            0x18,
            1,
            (byte)'b',
            0x15,
            .. Signed(codec),
            0x16,
            .. Signed(size),
            0x16,
            .. total,
            0x16,
            .. total,
            0x26,
            8,
            0,
        ];
        byte[] footer =
        [
            0x15,
            2,
            0x19,
            0x2C,
            .. schema,
            0x16,
            .. Signed(size),
            0x19,
            0x1C,
            0x19,
            0x1C,
            0x26,
            8,
            0x1C,
            .. chunk,
            0,
            0x16,
            .. total,
            0x16,
            .. Signed(size),
            0,
            0,
        ];
        byte[] file = [.. "PAR1"u8, .. header, .. compressed, .. footer, .. BitConverter.GetBytes(footer.Length), .. "PAR1"u8];

        var bytes = new byte[size];
        var values = new FixedLenByteArray[Math.Min(size, ParquetBatch.MostRows)];
        using var reader = new ParquetFileReader(new MemoryStream(file), leaveOpen: false);
        using var group = reader.RowGroup(0);
        using var column = (ColumnReader<FixedLenByteArray>)group.Column(0);
        for (var at = 0; at < size; )
        {
            var read = (int)column.ReadBatch(Math.Min(values.Length, size - at), values, out _);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(read, nameof(size));
            for (var i = 0; i < read; i++)
            {
                bytes[at++] = Marshal.ReadByte(values[i].Pointer);
            }
        }

        return bytes;
    }

    // The encoding of integers in Thrift's compact protocol: a zigzag varint.
    private static byte[] Signed(long number)
    {
        var bytes = new List<byte>();
        var rest = (ulong)((number << 1) ^ (number >> 63));
        for (; rest > 127; rest >>= 7)
        {
            bytes.Add((byte)(rest | 128));
        }

        bytes.Add((byte)rest);
        return [.. bytes];
    }
}
