using System.ComponentModel.DataAnnotations;

namespace Wyckoff.MarketData.Imports;

/// <summary>What imports may put on the disk while they run: section <c>Wyckoff:Imports</c>.</summary>
public sealed class SpoolOptions
{
    public const string Section = "Wyckoff:Imports";

    /// <summary>Bytes of one file that is read from its end, and so is put aside first: an uploaded zip or Parquet file, or a Parquet file in a zip, unpacked.</summary>
    [Range(1L, 1L << 50)]
    public long MaxSpool { get; set; } = 4L << 30;
}
