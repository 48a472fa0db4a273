using ParquetSharp;

namespace Wyckoff.Imports.Parquet;

/// <summary>The codecs that files can be written with. More can be read.</summary>
public enum ParquetCodec
{
    Uncompressed = (int)Compression.Uncompressed,
    Snappy = (int)Compression.Snappy,
    Gzip = (int)Compression.Gzip,
    Zstd = (int)Compression.Zstd,
}
