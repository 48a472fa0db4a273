using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace Wyckoff.Trading;

/// <summary>Maps the PostgreSQL enums of schema <c>trading</c>. Both EF and the data source that EF uses need the mapping.</summary>
public static class TradingEnumMapping
{
    public static NpgsqlDataSourceBuilder MapTradingEnums(this NpgsqlDataSourceBuilder source)
    {
        source.MapEnum<OrderSide>("trading.order_side");
        source.MapEnum<TradeSide>("trading.trade_side");
        source.MapEnum<OrderType>("trading.order_type");
        source.MapEnum<OrderStatus>("trading.order_status");
        source.MapEnum<StrategyType>("trading.strategy_type");
        source.MapEnum<StrategyStatus>("trading.strategy_status");
        source.MapEnum<SystemLogLevel>("trading.log_level");
        source.MapEnum<AssetType>("trading.asset_type");
        return source;
    }

    public static NpgsqlDbContextOptionsBuilder MapTradingEnums(this NpgsqlDbContextOptionsBuilder options) =>
        options
            .MapEnum<OrderSide>("order_side", TradingModel.Schema)
            .MapEnum<TradeSide>("trade_side", TradingModel.Schema)
            .MapEnum<OrderType>("order_type", TradingModel.Schema)
            .MapEnum<OrderStatus>("order_status", TradingModel.Schema)
            .MapEnum<StrategyType>("strategy_type", TradingModel.Schema)
            .MapEnum<StrategyStatus>("strategy_status", TradingModel.Schema)
            .MapEnum<SystemLogLevel>("log_level", TradingModel.Schema)
            .MapEnum<AssetType>("asset_type", TradingModel.Schema);
}
