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

/// <summary>Pending and partial orders are open; the rest is final.</summary>
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

/// <summary>PostgreSQL's <c>trading.log_level</c>; the logging library has a type of the shorter name.</summary>
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
