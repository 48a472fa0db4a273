using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Imports;

/// <summary>How much disk an import may take while it runs: section <c>Wyckoff:Imports</c>.</summary>
public sealed class SpoolOptions
{
    public const string Section = "Wyckoff:Imports";

    /// <summary>Bytes of one file that is copied to the disk first, because it is read from its end: an uploaded zip or Parquet file, or the unpacked Parquet file of a zip.</summary>
    [Range(1L, 1L << 50)]
    public long MaxSpool { get; set; } = 4L << 30;
}
