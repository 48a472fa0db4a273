namespace Wyckoff.Trading;

/// <summary>
/// Keeps the ids of orders unique over all time and gives the time of an order, which selects its chunk. A unique key of the hypertable
/// cannot, because it must contain the time.
/// </summary>
public sealed record OrderKey(
    Guid OrderId,
    DateTimeOffset Time,
    long AccountId,
    string? ClientOrderId,
    string Exchange,
    string? ExchangeOrderId
);

/// <summary>Keeps the ids of trades unique over all time, like <see cref="OrderKey"/>.</summary>
public sealed record TradeKey(Guid TradeId, DateTimeOffset Time, long AccountId, string Exchange, string? ExchangeTradeId);
