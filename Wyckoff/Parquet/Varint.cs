namespace Wyckoff.Parquet;

internal static class Varint
{
    public static ulong Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; shift < 70 && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }

        throw new ParquetException("its values end too early.");
    }

    public static long ReadSigned(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = Read(bytes, ref at);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public static void Write(Stream into, uint value)
    {
        for (; value > 127; value >>= 7)
        {
            into.WriteByte((byte)(value | 128));
        }

        into.WriteByte((byte)value);
    }
}
