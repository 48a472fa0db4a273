using ParquetSharp;

namespace Wyckoff.Parquet;

/// <summary>The codecs for writing. The reader supports more.</summary>
public enum ParquetCodec
{
    Uncompressed = (int)Compression.Uncompressed,
    Snappy = (int)Compression.Snappy,
    Gzip = (int)Compression.Gzip,
    Zstd = (int)Compression.Zstd,
}
