using System.Buffers.Binary;

namespace Wyckoff.Parquet;

/// <summary>Numbers of a fixed count of bits, the lowest bit first.</summary>
internal static class BitPacked
{
    /// <summary>The number that starts at this bit. What would lie behind the end of the bytes is 0.</summary>
    public static ulong Read(ReadOnlySpan<byte> bytes, long bit, int width)
    {
        var at = (int)(bit >> 3);
        var shift = (int)(bit & 7);
        var mask = width == 64 ? ulong.MaxValue : (1UL << width) - 1;
        if (bytes.Length - at > 8)
        {
            var low = BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]) >> shift;
            // Two shifts, since one by 64 would do nothing.
            return (low | ((ulong)bytes[at + 8] << 1 << (63 - shift))) & mask;
        }

        UInt128 value = 0;
        for (var i = 0; at + i < bytes.Length; i++)
        {
            value |= (UInt128)bytes[at + i] << (8 * i);
        }

        return (ulong)(value >> shift) & mask;
    }
}
