namespace Wyckoff.PredictionMarkets;

/// <summary>What a token cost at an instant: a probability, 0 to 1.</summary>
public sealed record PriceSnapshot(DateTimeOffset Ts, string TokenId, decimal Price, decimal? Volume24h);

/// <summary>The book of a token at an instant: JSON arrays of price and size.</summary>
public sealed record OrderbookSnapshot(DateTimeOffset Ts, string TokenId, string Bids, string Asks, decimal? Spread, decimal? Midpoint);

public enum PredictionSide
{
    Buy,
    Sell,
}

/// <summary>A trade in a token. Where it has an id, that is unique over all time.</summary>
public sealed record PredictionTrade(DateTimeOffset Ts, string TokenId, PredictionSide Side, decimal Price, decimal Size, string? TradeId);

/// <summary>Makes trade ids unique, which a hypertable alone cannot: its keys must contain the time.</summary>
public sealed record TradeKey(string TradeId, DateTimeOffset Ts);

/// <summary>How a market ended.</summary>
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

/// <summary>An hour of a token's prices. <paramref name="Volume24h"/> is the mean of the reported 24-hour volumes, not what was traded in the hour.</summary>
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

/// <summary>An hour of a token's trades.</summary>
public sealed record TradeVolume(
    DateTimeOffset Bucket,
    string TokenId,
    long TradeCount,
    decimal Volume,
    decimal Notional,
    decimal AvgPrice
);
