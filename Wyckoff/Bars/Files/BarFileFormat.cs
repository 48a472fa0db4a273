namespace Wyckoff.Bars.Files;

public enum BarFileFormat
{
    Csv,
    Parquet,
}
