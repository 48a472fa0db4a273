namespace Wyckoff.Bars.Reading;

/// <summary>A bar as it is read. Amounts are whole numbers of 10⁻⁸. Only the requested fields are set.</summary>
public struct BarRow
{
    /// <summary>The value of an amount or a count that is NULL.</summary>
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

    /// <summary>The bar is not stored; it fills a gap.</summary>
    public bool Filled;

    /// <summary>The bar fills a gap with NULL in every field.</summary>
    public bool Empty;

    /// <summary>An amount as a decimal, without zeros at its end.</summary>
    public static decimal ToDecimal(Int128 amount) => (decimal)amount / IncomingBar.One;

    /// <summary>An amount as a decimal; null if it is NULL.</summary>
    public static decimal? ToNullableDecimal(long amount) => amount == Null ? null : (decimal)amount / IncomingBar.One;
}
