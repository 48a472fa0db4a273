using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Wyckoff.Parquet;

/// <summary>How the pages of a column are compressed; the numbers are the format's.</summary>
internal enum Codec
{
    Uncompressed = 0,
    Snappy = 1,
    Gzip = 2,
    Lzo = 3,
    Brotli = 4,
    Lz4 = 5,
    Zstd = 6,
    Lz4Raw = 7,
}

internal static class Codecs
{
    public static string Name(Codec codec) => codec switch
    {
        Codec.Uncompressed => "UNCOMPRESSED",
        Codec.Snappy => "SNAPPY",
        Codec.Gzip => "GZIP",
        Codec.Lzo => "LZO",
        Codec.Brotli => "BROTLI",
        Codec.Lz4 => "LZ4",
        Codec.Zstd => "ZSTD",
        Codec.Lz4Raw => "LZ4_RAW",
        _ => FormattableString.Invariant($"number {(int)codec}"),
    };

    public static bool CanRead(Codec codec) => codec is Codec.Uncompressed or Codec.Snappy or Codec.Gzip or Codec.Brotli;

    /// <summary>Exactly <paramref name="size"/> bytes come out, or it throws. No more memory is taken than bytes really come.</summary>
    public static void Decompress(Codec codec, ReadOnlyMemory<byte> compressed, int size, ref byte[] into)
    {
        switch (codec)
        {
            case Codec.Uncompressed:
                if (compressed.Length != size)
                {
                    throw new ParquetException($"an uncompressed page has {compressed.Length} bytes and says it has {size}.");
                }

                Grow(ref into, size, 0);
                compressed.CopyTo(into);
                break;
            case Codec.Snappy:
                if (Snappy.Length(compressed.Span) != size)
                {
                    throw new ParquetException($"a SNAPPY page holds {Snappy.Length(compressed.Span)} bytes and says it holds {size}.");
                }

                Grow(ref into, size, 0);
                Snappy.Decompress(compressed.Span, into.AsSpan(0, size));
                break;
            default:
                Inflate(codec, compressed, size, ref into);
                break;
        }
    }

    public static void Compress(ParquetCodec codec, ReadOnlyMemory<byte> data, MemoryStream into)
    {
        switch (codec)
        {
            case ParquetCodec.Uncompressed:
                into.Write(data.Span);
                break;
            case ParquetCodec.Snappy:
                Snappy.Compress(data.Span, into);
                break;
            case ParquetCodec.Gzip:
                using (var gzip = new GZipStream(into, CompressionLevel.Optimal, leaveOpen: true))
                {
                    gzip.Write(data.Span);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(codec), codec, "UNCOMPRESSED, SNAPPY or GZIP was expected.");
        }
    }

    private static void Inflate(Codec codec, ReadOnlyMemory<byte> compressed, int size, ref byte[] into)
    {
        using var source = MemoryMarshal.TryGetArray(compressed, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : throw new UnreachableException();
        using Stream inflated = codec == Codec.Gzip ? new GZipStream(source, CompressionMode.Decompress) : new BrotliStream(source, CompressionMode.Decompress);
        var filled = 0;
        try
        {
            while (filled < size)
            {
                if (filled == into.Length)
                {
                    Grow(ref into, (int)Math.Min(size, Math.Max(65_536L, into.Length * 2L)), filled);
                }

                var read = inflated.Read(into, filled, Math.Min(size, into.Length) - filled);
                if (read == 0)
                {
                    throw new ParquetException($"a {Name(codec)} page holds {filled} bytes and says it holds {size}.");
                }

                filled += read;
            }

            if (inflated.ReadByte() >= 0)
            {
                throw new ParquetException($"a {Name(codec)} page holds more than the {size} bytes that it says it holds.");
            }
        }
        // Brotli says InvalidOperation of bad data, gzip InvalidData.
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException)
        {
            throw new ParquetException($"a {Name(codec)} page cannot be decompressed: {e.Message}", e);
        }
    }

    private static void Grow(ref byte[] buffer, int size, int keep)
    {
        if (buffer.Length >= size)
        {
            return;
        }

        var larger = GC.AllocateUninitializedArray<byte>(size);
        buffer.AsSpan(0, keep).CopyTo(larger);
        buffer = larger;
    }
}
