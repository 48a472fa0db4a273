namespace Wyckoff.PredictionMarkets;

/// <summary>The price of a token at an instant: a probability from 0 to 1.</summary>
public sealed record PriceSnapshot(DateTimeOffset Ts, string TokenId, decimal Price, decimal? Volume24h);

/// <summary>The order book of a token at an instant. Bids and asks are JSON arrays of price and size.</summary>
public sealed record OrderbookSnapshot(DateTimeOffset Ts, string TokenId, string Bids, string Asks, decimal? Spread, decimal? Midpoint);

public enum PredictionSide
{
    Buy,
    Sell,
}

/// <summary>A trade in a token. The trade id is optional and unique over all time.</summary>
public sealed record PredictionTrade(DateTimeOffset Ts, string TokenId, PredictionSide Side, decimal Price, decimal Size, string? TradeId);

/// <summary>Keeps trade ids unique over all time. A unique key of the hypertable cannot, because it must contain the time.</summary>
public sealed record TradeKey(string TradeId, DateTimeOffset Ts);

/// <summary>The outcome of a market.</summary>
public sealed record Resolution(
    string ConditionId,
    string? Outcome,
    string? WinnerTokenId,
    DateTimeOffset ResolvedAt,
    decimal? PayoutPrice,
    string DetectionMethod
)
{
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>
/// The prices of a token in one hour. <paramref name="Volume24h"/> is the mean of the reported 24-hour volumes, not the volume of the hour.
/// </summary>
public sealed record PriceCandle(
    DateTimeOffset Bucket,
    string TokenId,
    decimal Open,
    decimal High,
    decimal Low,
    decimal Close,
    decimal? Volume24h,
    long Snapshots
);

/// <summary>The traded volume of a token in one hour.</summary>
public sealed record TradeVolume(
    DateTimeOffset Bucket,
    string TokenId,
    long TradeCount,
    decimal Volume,
    decimal Notional,
    decimal AvgPrice
);
