namespace Wyckoff.MarketData.Files;

public enum BarFileFormat
{
    Csv,
    Parquet,
}
