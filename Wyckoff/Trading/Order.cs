namespace Wyckoff.Trading;

/// <summary>
/// The current state of an order, read through the view <c>trading.my_orders</c>. Only the SQL functions called by
/// <see cref="TradingStore"/> change orders. <see cref="BrokenRules"/> evaluates the CHECK constraints of the table in code.
/// </summary>
public sealed record Order
{
    public Guid Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    public long AccountId { get; init; }

    public Guid? StrategyId { get; init; }

    public required string Symbol { get; init; }

    public required OrderSide Side { get; init; }

    public required OrderType Type { get; init; }

    public OrderStatus Status { get; init; }

    public required decimal Quantity { get; init; }

    public decimal FilledQuantity { get; init; }

    /// <summary>Computed by the database.</summary>
    public decimal RemainingQuantity { get; init; }

    public decimal? Price { get; init; }

    public decimal? StopPrice { get; init; }

    public decimal? AverageFillPrice { get; init; }

    public decimal TotalValue { get; init; }

    public decimal TotalFees { get; init; }

    public required string Exchange { get; init; }

    public string? ExchangeOrderId { get; init; }

    public string? ClientOrderId { get; init; }

    public string TimeInForce { get; init; } = "gtc";

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? CancelledAt { get; init; }

    public DateTimeOffset? FilledAt { get; init; }

    public string? RejectReason { get; init; }

    public DateTimeOffset LastUpdateTime { get; init; }

    public Guid? ParentOrderId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public bool IsOpen => Status is OrderStatus.Pending or OrderStatus.Partial;

    /// <summary>Tells whether an order may change from one status to another. A final status never changes.</summary>
    public static bool MayBecome(OrderStatus from, OrderStatus to) =>
        from == to
        || from switch
        {
            OrderStatus.Pending => true,
            OrderStatus.Partial => to is OrderStatus.Filled or OrderStatus.Cancelled or OrderStatus.Expired,
            _ => false,
        };

    /// <summary>Returns the names of the CHECK constraints that this order violates.</summary>
    public IEnumerable<string> BrokenRules()
    {
        if (!IsSymbol(Symbol))
        {
            yield return "chk_orders_symbol";
        }

        if (Quantity <= 0)
        {
            yield return "chk_orders_quantity";
        }

        if (FilledQuantity < 0 || FilledQuantity > Quantity)
        {
            yield return "chk_orders_filled_quantity";
        }

        if (Price <= 0 || StopPrice <= 0 || AverageFillPrice <= 0)
        {
            yield return "chk_orders_prices";
        }

        if (Type != OrderType.Market && Price is null)
        {
            yield return "chk_orders_price";
        }

        if (Type is OrderType.Stop or OrderType.StopLimit && StopPrice is null)
        {
            yield return "chk_orders_stop_price";
        }

        if (
            Status switch
            {
                OrderStatus.Pending or OrderStatus.Rejected => FilledQuantity != 0,
                OrderStatus.Partial => FilledQuantity <= 0 || FilledQuantity >= Quantity,
                OrderStatus.Filled => FilledQuantity != Quantity,
                _ => FilledQuantity >= Quantity,
            }
        )
        {
            yield return "chk_orders_status";
        }

        if ((FilledQuantity == 0) != AverageFillPrice is null)
        {
            yield return "chk_orders_average_fill_price";
        }

        if (TotalValue < 0 || TotalFees < 0)
        {
            yield return "chk_orders_totals";
        }

        if ((Status == OrderStatus.Filled) != FilledAt is not null || FilledAt < Time)
        {
            yield return "chk_orders_filled_at";
        }

        if ((Status == OrderStatus.Cancelled) != CancelledAt is not null || CancelledAt < Time)
        {
            yield return "chk_orders_cancelled_at";
        }

        if ((Status == OrderStatus.Expired || TimeInForce == "gtd") && ExpiresAt is null || ExpiresAt <= Time)
        {
            yield return "chk_orders_expires_at";
        }

        if ((Status == OrderStatus.Rejected) != !string.IsNullOrWhiteSpace(RejectReason))
        {
            yield return "chk_orders_reject_reason";
        }

        if (TimeInForce is not ("gtc" or "day" or "ioc" or "fok" or "gtd"))
        {
            yield return "chk_orders_time_in_force";
        }

        if (ParentOrderId == Id)
        {
            yield return "chk_orders_parent";
        }
    }

    internal static bool IsSymbol(string text) => Primitives.Symbol.TryParse(text, out var symbol) && symbol.Value == text;
}
