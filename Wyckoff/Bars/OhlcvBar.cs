namespace Wyckoff.Bars;

/// <summary>One stored bar: what was traded from its timestamp (the open, UTC) for the width of its timeframe, and what follows from the 20 bars before it.</summary>
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

    /// <summary>Fewer than 20 bars came before, so the two ratios say less than they seem to.</summary>
    public bool LowHistory { get; init; }

    /// <summary>Who said so: a provider, an import, or <c>aggregated</c>.</summary>
    public required string Source { get; init; }

    public decimal? QualityScore { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The rule this bar breaks, by the name its check has in the database after <c>chk_bars_…_</c>; null when it keeps all.</summary>
    public string? BrokenRule() =>
        this switch
        {
            _ when High < Open || High < Close || High < Low => "high",
            _ when Low > Open || Low > Close => "low",
            { Low: <= 0 } => "prices",
            { QualityScore: < 0 or > 1 } => "quality_score",
            { TradeCount: < 0 } => "trade_count",
            { Volume: < 0 } => "volume",
            _ => null,
        };
}
