namespace Wyckoff.Parquet;

/// <summary>The checksum of pages: CRC-32 as gzip has it.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = Make();

    public static int Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var next in bytes)
        {
            crc = Table[(byte)(crc ^ next)] ^ (crc >> 8);
        }

        return (int)~crc;
    }

    private static uint[] Make()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            table[i] = i;
            for (var bit = 0; bit < 8; bit++)
            {
                table[i] = (table[i] >> 1) ^ ((table[i] & 1) * 0xEDB88320);
            }
        }

        return table;
    }
}
