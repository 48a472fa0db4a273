namespace Wyckoff.Indicators;

/// <summary>The indicator values of one bar. A value is null while there are too few bars for it.</summary>
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
