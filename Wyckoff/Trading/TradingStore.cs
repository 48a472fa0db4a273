using System.Globalization;
using Npgsql;

namespace Wyckoff.Trading;

/// <summary>What a writing function answers: the order or trade, and whether it is new. A repeated request gives the first one's answer.</summary>
public readonly record struct Recorded(Guid Id, bool Created);

/// <summary>Writes orders, trades, snapshots and log lines of an account through the functions of schema <c>trading</c>: the services have no right to the tables.</summary>
public sealed class TradingStore(NpgsqlDataSource source)
{
    /// <summary>Places an order once, however often its <see cref="Order.ClientOrderId"/> comes.</summary>
    public Task<Recorded> PlaceOrderAsync(long accountId, Order order, CancellationToken cancellationToken)
    {
        if (order.Type == OrderType.Stop)
        {
            // As trading.place_order does: only a market order is without a price.
            order = order with
            {
                Price = order.Price ?? order.StopPrice,
            };
        }

        if (order.BrokenRules().ToList() is { Count: > 0 } broken)
        {
            throw new ArgumentException($"The order breaks {string.Join(", ", broken)}.", nameof(order));
        }

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

    /// <summary>False when it was cancelled already.</summary>
    public async Task<bool> CancelOrderAsync(long accountId, Guid orderId, DateTimeOffset? at, CancellationToken cancellationToken) =>
        await AsAsync(
            accountId,
            "SELECT trading.cancel_order($1, $2)",
            [orderId, at],
            static async (command, token) => (bool)(await command.ExecuteScalarAsync(token))!,
            cancellationToken
        );

    /// <summary>Records a fill as a trade; the order follows.</summary>
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
            "SELECT * FROM trading.fill_order(order_id => $1, quantity => $2, price => $3, fee => $4, exchange_trade_id => $5, \"time\" => $6)",
            [orderId, quantity, price, fee, exchangeTradeId, time],
            cancellationToken
        );

    /// <summary>Records a trade once, however often its <see cref="Trade.ExchangeTradeId"/> comes.</summary>
    public Task<Recorded> RecordTradeAsync(long accountId, Trade trade, CancellationToken cancellationToken)
    {
        if (trade.BrokenRules().ToList() is { Count: > 0 } broken)
        {
            throw new ArgumentException($"The trade breaks {string.Join(", ", broken)}.", nameof(trade));
        }

        return RecordAsync(
            accountId,
            "SELECT * FROM trading.record_trade($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::jsonb, $18, $19, $20, $21)",
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

    private Task<Recorded> RecordAsync(long accountId, string sql, object?[] parameters, CancellationToken cancellationToken) =>
        AsAsync(
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

    /// <summary>The account is named for one transaction only, so no pooled connection carries it on.</summary>
    private async Task<T> AsAsync<T>(
        long accountId,
        string sql,
        object?[] parameters,
        Func<NpgsqlCommand, CancellationToken, Task<T>> run,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var name = new NpgsqlCommand("SELECT set_config('app.account_id', $1, true)", connection, transaction)
        {
            Parameters = { new() { Value = accountId.ToString(CultureInfo.InvariantCulture) } },
        };
        await name.ExecuteNonQueryAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter ?? DBNull.Value });
        }

        var answer = await run(command, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return answer;
    }
}
