namespace Wyckoff.Indicators;

/// <summary>The indicators of one bar as they are stored; null while there are too few bars for one of them.</summary>
public readonly record struct IndicatorValues(
    decimal? Sma20,
    decimal? Sma50,
    decimal? Ema12,
    decimal? Ema26,
    decimal? Rsi14,
    decimal? Macd,
    decimal? MacdSignal,
    decimal? MacdHistogram,
    decimal? BbUpper,
    decimal? BbMiddle,
    decimal? BbLower,
    decimal Volume24h
);
