namespace Wyckoff.Bars.Reading;

/// <summary>How bars are written.</summary>
public enum BarFormat
{
    Json,
    Ndjson,
    Csv,
    Parquet,
}
