namespace Wyckoff.Bars.Reading;

/// <summary>A bar on its way out. All amounts are whole numbers of 10⁻⁸; only what was asked for is set.</summary>
public struct BarRow
{
    /// <summary>An amount, or a count, that is NULL.</summary>
    public const long Null = long.MinValue;

    /// <summary>Microseconds since 1970.</summary>
    public long Time;
    public long Open;
    public long High;
    public long Low;
    public long Close;
    public Int128 Volume;
    public long TradeCount;
    public long Vwap;
    public long Spread;
    public long SpreadRatio;
    public long VolumeRatio;
    public long QualityScore;

    /// <summary>UTF-8.</summary>
    public byte[]? Source;
    public bool LowHistory;

    /// <summary>Not stored: made up to close a gap.</summary>
    public bool Filled;

    /// <summary>A gap, and nothing made up for it: every amount is NULL.</summary>
    public bool Empty;
}
