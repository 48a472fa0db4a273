using System.Buffers.Binary;

namespace Wyckoff.Parquet;

/// <summary>Snappy's raw format: the length, then literals and copies of what came before.</summary>
internal static class Snappy
{
    private const int BlockSize = 1 << 16;
    private const int HashBits = 14;

    // A copy of three bytes makes 64 at most: whoever announces more than that lies, and need not be given the memory.
    private const int LargestGain = 22;

    public static int Length(ReadOnlySpan<byte> compressed) => Length(compressed, out _);

    public static void Decompress(ReadOnlySpan<byte> compressed, Span<byte> into)
    {
        Length(compressed, out var at);
        var to = 0;
        while (at < compressed.Length)
        {
            var tag = compressed[at++];
            int length, offset;
            switch (tag & 3)
            {
                case 0:
                    length = tag >> 2;
                    if (length >= 60)
                    {
                        var bytes = length - 59;
                        length = (int)Math.Min(LittleEndian(compressed, at, bytes), int.MaxValue - 1);
                        at += bytes;
                    }

                    length++;
                    if (length > compressed.Length - at || length > into.Length - to)
                    {
                        throw Damaged();
                    }

                    compressed.Slice(at, length).CopyTo(into[to..]);
                    at += length;
                    to += length;
                    continue;
                case 1:
                    length = ((tag >> 2) & 7) + 4;
                    offset = ((tag >> 5) << 8) | (int)LittleEndian(compressed, at++, 1);
                    break;
                case 2:
                    length = (tag >> 2) + 1;
                    offset = (int)LittleEndian(compressed, at, 2);
                    at += 2;
                    break;
                default:
                    length = (tag >> 2) + 1;
                    offset = (int)Math.Min(LittleEndian(compressed, at, 4), int.MaxValue);
                    at += 4;
                    break;
            }

            if (offset == 0 || offset > to || length > into.Length - to)
            {
                throw Damaged();
            }

            if (offset >= length)
            {
                into.Slice(to - offset, length).CopyTo(into[to..]);
                to += length;
            }
            else
            {
                // What is copied runs into what is being written: byte by byte, it repeats.
                for (var end = to + length; to < end; to++)
                {
                    into[to] = into[to - offset];
                }
            }
        }

        if (to != into.Length)
        {
            throw Damaged();
        }
    }

    /// <summary>Greedy: at each place the last one with the same four bytes, within 64 KiB.</summary>
    public static void Compress(ReadOnlySpan<byte> data, Stream into)
    {
        Span<byte> head = stackalloc byte[5];
        var size = 0;
        var rest = (uint)data.Length;
        for (; rest > 127; rest >>= 7)
        {
            head[size++] = (byte)(rest | 128);
        }

        head[size++] = (byte)rest;
        into.Write(head[..size]);
        var places = new ushort[1 << HashBits];
        for (; data.Length > 0; data = data[Math.Min(BlockSize, data.Length)..])
        {
            Array.Clear(places);
            Block(data[..Math.Min(BlockSize, data.Length)], places, into);
        }
    }

    private static void Block(ReadOnlySpan<byte> block, ushort[] places, Stream into)
    {
        var literal = 0;
        // The longer nothing matches, the larger the steps: what cannot be compressed costs little.
        for (int at = 1, misses = 32; at + 4 <= block.Length;)
        {
            var four = Four(block, at);
            ref var place = ref places[(four * 0x1E35A7BD) >> (32 - HashBits)];
            int candidate = place;
            place = (ushort)at;
            if (candidate >= at || Four(block, candidate) != four)
            {
                at += misses++ >> 5;
                continue;
            }

            Literal(block[literal..at], into);
            var length = 4 + block[(at + 4)..].CommonPrefixLength(block[(candidate + 4)..]);
            Copy(at - candidate, length, into);
            at += length;
            literal = at;
            misses = 32;
        }

        Literal(block[literal..], into);
    }

    private static void Literal(ReadOnlySpan<byte> bytes, Stream into)
    {
        switch (bytes.Length - 1)
        {
            case < 0:
                return;
            case < 60 and var length:
                into.WriteByte((byte)(length << 2));
                break;
            case < 256 and var length:
                into.Write([60 << 2, (byte)length]);
                break;
            case var length:
                into.Write([61 << 2, (byte)length, (byte)(length >> 8)]);
                break;
        }

        into.Write(bytes);
    }

    private static void Copy(int offset, int length, Stream into)
    {
        while (length > 0)
        {
            // Never leave a rest of fewer than four: the short form starts there.
            var part = length <= 64 ? length : Math.Min(64, length - 4);
            if (part is >= 4 and <= 11 && offset < 2048)
            {
                into.Write([(byte)(((offset >> 8) << 5) | ((part - 4) << 2) | 1), (byte)offset]);
            }
            else
            {
                into.Write([(byte)(((part - 1) << 2) | 2), (byte)offset, (byte)(offset >> 8)]);
            }

            length -= part;
        }
    }

    private static uint Four(ReadOnlySpan<byte> block, int at) => BinaryPrimitives.ReadUInt32LittleEndian(block[at..]);

    private static int Length(ReadOnlySpan<byte> compressed, out int at)
    {
        ulong length = 0;
        at = 0;
        for (var shift = 0; shift < 35 && at < compressed.Length; shift += 7)
        {
            var next = compressed[at++];
            length |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return length <= (ulong)compressed.Length * LargestGain ? (int)Math.Min(length, int.MaxValue) : throw Damaged();
            }
        }

        throw Damaged();
    }

    private static uint LittleEndian(ReadOnlySpan<byte> bytes, int at, int count)
    {
        if (count > bytes.Length - at)
        {
            throw Damaged();
        }

        uint value = 0;
        for (var i = 0; i < count; i++)
        {
            value |= (uint)bytes[at + i] << (8 * i);
        }

        return value;
    }

    private static ParquetException Damaged() => new("a SNAPPY page cannot be decompressed: its bytes make no sense.");
}
