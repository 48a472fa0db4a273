namespace Wyckoff.Bars.Reading;

/// <summary>Output format of bars.</summary>
public enum BarFormat
{
    Json,
    Ndjson,
    Csv,
    Parquet,
}
