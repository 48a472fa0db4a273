using System.Buffers.Binary;

namespace Wyckoff.Primitives;

/// <summary>A numeric as PostgreSQL sends it in binary: digits of base 10,000, the power of the first, a sign, and how many decimals are shown.</summary>
internal static class BinaryNumeric
{
    /// <summary>A number of no more than eight decimals as a whole number of 10⁻⁸.</summary>
    public static Int128 Read(ReadOnlySpan<byte> numeric)
    {
        var count = BinaryPrimitives.ReadInt16BigEndian(numeric);
        var weight = BinaryPrimitives.ReadInt16BigEndian(numeric[2..]);
        var negative = BinaryPrimitives.ReadUInt16BigEndian(numeric[4..]) == 0x4000;
        // Two digits of base 10,000 after the point make 10⁻⁸.
        var end = weight + 3;
        if (end <= 4)
        {
            long small = 0;
            for (var i = 0; i < end; i++)
            {
                small = small * 10_000 + (i < count ? BinaryPrimitives.ReadInt16BigEndian(numeric[(8 + 2 * i)..]) : 0);
            }

            return negative ? -small : small;
        }

        Int128 amount = 0;
        for (var i = 0; i < end; i++)
        {
            amount = amount * 10_000 + (i < count ? BinaryPrimitives.ReadInt16BigEndian(numeric[(8 + 2 * i)..]) : 0);
        }

        return negative ? -amount : amount;
    }
}
