namespace Wyckoff.Bars;

/// <summary>A stored bar, with the fields derived from its lookback. The timestamp is the open of the bar, in UTC.</summary>
public sealed record OhlcvBar
{
    public required int TickerId { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    public required decimal Open { get; init; }

    public required decimal High { get; init; }

    public required decimal Low { get; init; }

    public required decimal Close { get; init; }

    public required decimal Volume { get; init; }

    public int? TradeCount { get; init; }

    public decimal? Vwap { get; init; }

    public decimal Spread { get; init; }

    public decimal SpreadRatio { get; init; }

    public decimal VolumeRatio { get; init; }

    /// <summary>The bar has fewer than 20 bars before it, so its ratios are less meaningful.</summary>
    public bool LowHistory { get; init; }

    /// <summary>Where the bar is from: a provider, an import, or <c>aggregated</c>.</summary>
    public required string Source { get; init; }

    public decimal? QualityScore { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The import that wrote the bar; null if no import did.</summary>
    public long? ImportId { get; init; }

    /// <summary>
    /// The rule that this bar breaks, named as its check constraint after <c>chk_bars_…_</c>; null when it breaks none.
    /// </summary>
    public string? BrokenRule() =>
        this switch
        {
            _ when High < Open || High < Close || High < Low => "high",
            _ when Low > Open || Low > Close => "low",
            { QualityScore: < 0 or > 1 } => "quality_score",
            { TradeCount: < 0 } => "trade_count",
            { Volume: < 0 } => "volume",
            _ => null,
        };
}
