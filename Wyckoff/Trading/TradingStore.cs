using System.Globalization;
using Npgsql;

namespace Wyckoff.Trading;

/// <summary>The id of the written order or trade, and whether this call created it. A repeated request returns the existing id.</summary>
public readonly record struct Recorded(Guid Id, bool Created);

/// <summary>
/// Writes the orders and trades of an account through the functions of schema <c>trading</c>. The services have no privileges on the
/// tables.
/// </summary>
public sealed class TradingStore(NpgsqlDataSource source)
{
    /// <summary>Places an order. A request with a known <see cref="Order.ClientOrderId"/> returns the existing order.</summary>
    public Task<Recorded> PlaceOrderAsync(long accountId, Order order, CancellationToken cancellationToken)
    {
        if (order.Type == OrderType.Stop)
        {
            // Same default as in trading.place_order: only market orders have no price.
            order = order with
            {
                Price = order.Price ?? order.StopPrice,
            };
        }

        ThrowIfBroken(order.BrokenRules(), nameof(order));
        return RecordAsync(
            accountId,
            "SELECT * FROM trading.place_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            [
                order.Symbol,
                order.Side,
                order.Type,
                order.Quantity,
                order.Exchange,
                order.ClientOrderId,
                order.Price,
                order.StopPrice,
                order.StrategyId,
                order.ParentOrderId,
                order.TimeInForce,
                order.ExpiresAt,
                order.ExchangeOrderId,
                order.Time,
                order.Id == Guid.Empty ? Guid.CreateVersion7() : order.Id,
            ],
            cancellationToken
        );
    }

    /// <summary>Cancels an order. Returns false if it was already cancelled.</summary>
    public async Task<bool> CancelOrderAsync(long accountId, Guid orderId, DateTimeOffset? at, CancellationToken cancellationToken) =>
        await RunAsync(
            accountId,
            "SELECT trading.cancel_order($1, $2)",
            [orderId, at],
            static async (command, token) => (bool)(await command.ExecuteScalarAsync(token))!,
            cancellationToken
        );

    /// <summary>Records a fill as a trade. A trigger updates the order.</summary>
    public Task<Recorded> FillOrderAsync(
        long accountId,
        Guid orderId,
        decimal quantity,
        decimal price,
        decimal fee,
        string? exchangeTradeId,
        DateTimeOffset? time,
        CancellationToken cancellationToken
    ) =>
        RecordAsync(
            accountId,
            """
            SELECT * FROM trading.fill_order(
                order_id => $1, quantity => $2, price => $3, fee => $4, exchange_trade_id => $5, "time" => $6)
            """,
            [orderId, quantity, price, fee, exchangeTradeId, time],
            cancellationToken
        );

    /// <summary>Records a trade. A request with a known <see cref="Trade.ExchangeTradeId"/> returns the existing trade.</summary>
    public Task<Recorded> RecordTradeAsync(long accountId, Trade trade, CancellationToken cancellationToken)
    {
        ThrowIfBroken(trade.BrokenRules(), nameof(trade));
        return RecordAsync(
            accountId,
            """
            SELECT * FROM trading.record_trade(
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::jsonb, $18, $19, $20, $21)
            """,
            [
                trade.Symbol,
                trade.Side,
                trade.Quantity,
                trade.Price,
                trade.Exchange,
                trade.ExchangeTradeId,
                trade.Fee,
                trade.StrategyId,
                trade.OrderId,
                trade.EntryPrice,
                trade.ExitPrice,
                trade.Pnl,
                trade.PnlPercentage,
                trade.StopLoss,
                trade.TakeProfit,
                trade.ExchangeOrderId,
                trade.MarketConditions,
                trade.ExecutionLatencyMs,
                trade.Slippage,
                trade.Time,
                trade.Id == Guid.Empty ? Guid.CreateVersion7() : trade.Id,
            ],
            cancellationToken
        );
    }

    private static void ThrowIfBroken(IEnumerable<string> brokenRules, string name)
    {
        if (brokenRules.ToList() is { Count: > 0 } broken)
        {
            throw new ArgumentException($"The {name} breaks {string.Join(", ", broken)}.", name);
        }
    }

    private Task<Recorded> RecordAsync(long accountId, string sql, object?[] parameters, CancellationToken cancellationToken) =>
        RunAsync(
            accountId,
            sql,
            parameters,
            static async (command, token) =>
            {
                await using var reader = await command.ExecuteReaderAsync(token);
                await reader.ReadAsync(token);
                return new Recorded(reader.GetGuid(0), reader.GetBoolean(1));
            },
            cancellationToken
        );

    // Sets the account for one transaction only, so that no pooled connection keeps it.
    private async Task<T> RunAsync<T>(
        long accountId,
        string sql,
        object?[] parameters,
        Func<NpgsqlCommand, CancellationToken, Task<T>> execute,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var setAccount = new NpgsqlCommand("SELECT set_config('app.account_id', $1, true)", connection, transaction)
        {
            Parameters = { new() { Value = accountId.ToString(CultureInfo.InvariantCulture) } },
        };
        await setAccount.ExecuteNonQueryAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter ?? DBNull.Value });
        }

        var result = await execute(command, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }
}
