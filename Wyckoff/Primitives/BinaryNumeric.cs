using System.Buffers.Binary;

namespace Wyckoff.Primitives;

/// <summary>
/// Reads PostgreSQL's binary format of numeric: digit count, weight of the first digit, sign, display scale, then the digits in base
/// 10,000.
/// </summary>
internal static class BinaryNumeric
{
    /// <summary>Returns the number in units of 10⁻⁸. The number must have at most eight decimals.</summary>
    public static Int128 Read(ReadOnlySpan<byte> numeric)
    {
        var count = BinaryPrimitives.ReadInt16BigEndian(numeric);
        var weight = BinaryPrimitives.ReadInt16BigEndian(numeric[2..]);
        var negative = BinaryPrimitives.ReadUInt16BigEndian(numeric[4..]) == 0x4000;
        // Digits up to 10⁻⁸: weight + 1 before the point and two after it, as a base-10,000 digit covers four decimals.
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
