namespace Wyckoff.Bars.Reading;

/// <summary>The order and the names of the fields in every output format.</summary>
public static class BarColumns
{
    /// <summary>All fields: <c>Name</c> is used by JSON; <c>Column</c> by the database, CSV and Parquet.</summary>
    public static IReadOnlyList<(BarFields Field, string Name, string Column)> All { get; } =
    [
        (BarFields.Open, "open", "open"),
        (BarFields.High, "high", "high"),
        (BarFields.Low, "low", "low"),
        (BarFields.Close, "close", "close"),
        (BarFields.Volume, "volume", "volume"),
        (BarFields.TradeCount, "tradeCount", "trade_count"),
        (BarFields.Vwap, "vwap", "vwap"),
        (BarFields.Spread, "spread", "spread"),
        (BarFields.SpreadRatio, "spreadRatio", "spread_ratio"),
        (BarFields.VolumeRatio, "volumeRatio", "volume_ratio"),
        (BarFields.LowHistory, "lowHistory", "low_history"),
        (BarFields.Source, "source", "source"),
        (BarFields.QualityScore, "qualityScore", "quality_score"),
    ];

    public static IEnumerable<(BarFields Field, string Name, string Column)> Of(BarFields fields) =>
        All.Where(column => (fields & column.Field) != 0);
}
