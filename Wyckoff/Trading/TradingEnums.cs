namespace Wyckoff.Trading;

public enum OrderSide
{
    Buy,
    Sell,
}

public enum TradeSide
{
    Buy,
    Sell,
}

public enum OrderType
{
    Market,
    Limit,
    Stop,
    StopLimit,
}

/// <summary>The status of an order. Pending and partial orders are open; every other status is final.</summary>
public enum OrderStatus
{
    Pending,
    Partial,
    Filled,
    Cancelled,
    Rejected,
    Expired,
}

public enum StrategyType
{
    SmaCrossover,
    EmaCrossover,
    RsiMeanReversion,
    MacdMomentum,
    BollingerBands,
    Breakout,
    Arbitrage,
    MlBased,
    Custom,
}

public enum StrategyStatus
{
    Active,
    Paused,
    Stopped,
    Error,
}

/// <summary>The levels of <c>trading.log_level</c>. The prefix avoids a conflict with LogLevel of Microsoft.Extensions.Logging.</summary>
public enum SystemLogLevel
{
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

public enum AssetType
{
    Crypto,
    Forex,
    Stock,
    Commodity,
    Index,
}
