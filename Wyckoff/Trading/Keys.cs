namespace Wyckoff.Trading;

/// <summary>What makes an order unique for all time, and says in which chunk it is: a hypertable's own keys end at the chunk.</summary>
public sealed record OrderKey(
    Guid OrderId,
    DateTimeOffset Time,
    long AccountId,
    string? ClientOrderId,
    string Exchange,
    string? ExchangeOrderId
);

/// <summary>The same for a trade.</summary>
public sealed record TradeKey(Guid TradeId, DateTimeOffset Time, long AccountId, string Exchange, string? ExchangeTradeId);
