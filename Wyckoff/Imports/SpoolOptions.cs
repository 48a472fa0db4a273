using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Imports;

/// <summary>Limits the disk space of imports: section <c>Wyckoff:Imports</c>.</summary>
public sealed class SpoolOptions
{
    public const string Section = "Wyckoff:Imports";

    /// <summary>
    /// The maximum size in bytes of a temporary copy. Uploaded zip and Parquet files, and Parquet files in a zip, are copied to disk
    /// because they are read from their end.
    /// </summary>
    [Range(1L, 1L << 50)]
    public long MaxSpool { get; set; } = 4L << 30;
}
