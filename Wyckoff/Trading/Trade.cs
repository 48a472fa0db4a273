namespace Wyckoff.Trading;

/// <summary>
/// One execution, read through the view <c>trading.my_trades</c> and written by <see cref="TradingStore"/>. Without an exit price the trade
/// opens or extends a position; with an exit price it closes one. An opening buy and a closing sell are long, the other two combinations
/// are short.
/// </summary>
public sealed record Trade
{
    public Guid Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    public long AccountId { get; init; }

    public Guid? StrategyId { get; init; }

    public Guid? OrderId { get; init; }

    public required string Symbol { get; init; }

    public required TradeSide Side { get; init; }

    public required decimal Quantity { get; init; }

    public required decimal Price { get; init; }

    /// <summary>Quantity × price, computed by the database.</summary>
    public decimal Value { get; init; }

    public decimal Fee { get; init; }

    /// <summary>The value plus the fee for a buy, minus the fee for a sell; computed by the database.</summary>
    public decimal NetValue { get; init; }

    public decimal? EntryPrice { get; init; }

    public decimal? ExitPrice { get; init; }

    /// <summary>Profit or loss before fees. Only closing trades have one.</summary>
    public decimal? Pnl { get; init; }

    public decimal? PnlPercentage { get; init; }

    public decimal? StopLoss { get; init; }

    public decimal? TakeProfit { get; init; }

    public required string Exchange { get; init; }

    public string? ExchangeTradeId { get; init; }

    public string? ExchangeOrderId { get; init; }

    /// <summary>JSON.</summary>
    public string? MarketConditions { get; init; }

    public int? ExecutionLatencyMs { get; init; }

    public decimal? Slippage { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public bool Closes => ExitPrice is not null;

    public bool IsLong => Side == TradeSide.Buy != Closes;

    /// <summary>Returns the names of the CHECK constraints that this trade violates.</summary>
    public IEnumerable<string> BrokenRules()
    {
        if (!Order.IsSymbol(Symbol))
        {
            yield return "chk_trades_symbol";
        }

        if (Quantity <= 0)
        {
            yield return "chk_trades_quantity";
        }

        if (Price <= 0 || EntryPrice <= 0 || ExitPrice <= 0 || StopLoss <= 0 || TakeProfit <= 0)
        {
            yield return "chk_trades_prices";
        }

        if (Fee < 0)
        {
            yield return "chk_trades_fee";
        }

        if (Pnl is not (null or 0) && (EntryPrice is null || ExitPrice is null))
        {
            yield return "chk_trades_pnl";
        }

        if (ExitPrice is not null && EntryPrice is null)
        {
            yield return "chk_trades_exit";
        }

        if (!Closes && (Side == TradeSide.Buy ? StopLoss >= Price : StopLoss <= Price))
        {
            yield return "chk_trades_stop_loss";
        }

        if (!Closes && (Side == TradeSide.Buy ? TakeProfit <= Price : TakeProfit >= Price))
        {
            yield return "chk_trades_take_profit";
        }

        if (IsLong ? StopLoss >= TakeProfit : StopLoss <= TakeProfit)
        {
            yield return "chk_trades_stop_target";
        }

        if (ExecutionLatencyMs < 0)
        {
            yield return "chk_trades_latency";
        }
    }
}
