using Wyckoff.Primitives;

namespace Wyckoff.Indicators;

/// <summary>The indicators of one bar. An indicator is null while there are too few bars for it.</summary>
public sealed record BarIndicators
{
    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    /// <summary>The timestamp of the bar.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public decimal? Sma20 { get; init; }

    public decimal? Sma50 { get; init; }

    public decimal? Ema12 { get; init; }

    public decimal? Ema26 { get; init; }

    /// <summary>0 to 100.</summary>
    public decimal? Rsi14 { get; init; }

    public decimal? Macd { get; init; }

    public decimal? MacdSignal { get; init; }

    public decimal? MacdHistogram { get; init; }

    public decimal? BbUpper { get; init; }

    public decimal? BbMiddle { get; init; }

    public decimal? BbLower { get; init; }

    /// <summary>The volume traded in the 24 hours up to the close of the bar.</summary>
    public decimal? Volume24h { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
