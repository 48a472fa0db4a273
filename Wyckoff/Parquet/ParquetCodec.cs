namespace Wyckoff.Parquet;

/// <summary>The codecs that files can be written with; the numbers are the format's.</summary>
public enum ParquetCodec
{
    Uncompressed = 0,
    Snappy = 1,
    Gzip = 2,
}
