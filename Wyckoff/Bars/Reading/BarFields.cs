namespace Wyckoff.Bars.Reading;

/// <summary>The fields of a bar that are read beside its timestamp.</summary>
[Flags]
public enum BarFields
{
    None = 0,
    Open = 1,
    High = 1 << 1,
    Low = 1 << 2,
    Close = 1 << 3,
    Volume = 1 << 4,
    TradeCount = 1 << 5,
    Vwap = 1 << 6,
    Spread = 1 << 7,
    SpreadRatio = 1 << 8,
    VolumeRatio = 1 << 9,
    LowHistory = 1 << 10,
    Source = 1 << 11,
    QualityScore = 1 << 12,

    /// <summary>The fields that a chart needs: the default of the API.</summary>
    Usual = Open | High | Low | Close | Volume | TradeCount | Vwap,

    /// <summary>The fields of a bar that is resampled from finer ones.</summary>
    Folded = Usual | Spread | QualityScore,

    All = Usual | Spread | SpreadRatio | VolumeRatio | LowHistory | Source | QualityScore,
}
