using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using Wyckoff.Tests.Accounts;
using Wyckoff.Trading;

namespace Wyckoff.Tests.Trading;

/// <summary>The rules in C# accept and refuse the same rows as the CHECK constraints.</summary>
public sealed class RuleTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Placed = new(2026, 1, 5, 15, 0, 0, TimeSpan.Zero);

    // Only a few values, so that they are often equal or missing: the rules compare values with each other.
    private static readonly Gen<decimal> Number = Gen.Elements(-1m, 0m, 0.00000001m, 5m, 10m, 20m);
    private static readonly Gen<decimal?> NumberOrNull = Gen.OneOf(Gen.Constant<decimal?>(null), Number.Select(n => (decimal?)n));
    private static readonly Gen<DateTimeOffset?> Instant = Gen.Elements<DateTimeOffset?>(
        null,
        Placed.AddHours(-1),
        Placed,
        Placed.AddHours(1)
    );

    private static readonly Gen<Order> Orders =
        from symbol in Gen.Frequency((9, Gen.Constant("AAPL")), (1, Gen.Elements("aapl", "", "BRK B")))
        from type in Gen.Elements(Enum.GetValues<OrderType>())
        from status in Gen.Elements(Enum.GetValues<OrderStatus>())
        from quantity in Gen.Frequency((8, Gen.Constant(10m)), (1, Number))
        from filled in Gen.Frequency(
            (
                3,
                Gen.Constant(
                    status == OrderStatus.Filled ? 10m
                    : status == OrderStatus.Partial ? 5m
                    : 0m
                )
            ),
            (1, Number)
        )
        from price in Gen.Frequency((4, Gen.Constant<decimal?>(10m)), (1, NumberOrNull))
        from stop in Gen.Frequency((4, Gen.Constant<decimal?>(10m)), (1, NumberOrNull))
        from average in Gen.Frequency((4, Gen.Constant(filled == 0 ? null : (decimal?)10m)), (1, NumberOrNull))
        from fees in Gen.Frequency((9, Gen.Constant(0m)), (1, Number))
        from filledAt in Gen.Frequency((3, Gen.Constant(status == OrderStatus.Filled ? Placed : (DateTimeOffset?)null)), (1, Instant))
        from cancelledAt in Gen.Frequency((3, Gen.Constant(status == OrderStatus.Cancelled ? Placed : (DateTimeOffset?)null)), (1, Instant))
        from expiresAt in Gen.Frequency((3, Gen.Constant<DateTimeOffset?>(Placed.AddHours(1))), (1, Instant))
        from reason in Gen.Frequency((3, Gen.Constant(status == OrderStatus.Rejected ? "no" : null)), (1, Gen.Elements(null, " ", "no")))
        from force in Gen.Frequency((5, Gen.Elements("gtc", "day", "ioc", "fok", "gtd")), (1, Gen.Constant("opg")))
        select new Order
        {
            Id = Guid.CreateVersion7(),
            Time = Placed,
            Symbol = symbol!,
            Side = OrderSide.Buy,
            Type = type,
            Status = status,
            Quantity = quantity,
            FilledQuantity = filled,
            Price = price,
            StopPrice = stop,
            AverageFillPrice = average,
            TotalFees = fees,
            Exchange = "NYSE",
            TimeInForce = force!,
            ExpiresAt = expiresAt,
            FilledAt = filledAt,
            CancelledAt = cancelledAt,
            RejectReason = reason,
        };

    private static readonly Gen<Trade> Trades =
        from side in Gen.Elements(TradeSide.Buy, TradeSide.Sell)
        from quantity in Gen.Frequency((8, Gen.Constant(10m)), (1, Number))
        from price in Gen.Frequency((5, Gen.Constant(10m)), (1, Number))
        from fee in Gen.Frequency((8, Gen.Constant(0m)), (1, Number))
        from entry in NumberOrNull
        from exit in Gen.Frequency((1, Gen.Constant<decimal?>(null)), (1, NumberOrNull))
        from pnl in NumberOrNull
        from stop in NumberOrNull
        from target in NumberOrNull
        from latency in Gen.Elements<int?>(null, null, 0, -1)
        select new Trade
        {
            Id = Guid.CreateVersion7(),
            Time = Placed,
            Symbol = "AAPL",
            Side = side,
            Quantity = quantity,
            Price = price,
            Fee = fee,
            EntryPrice = entry,
            ExitPrice = exit,
            Pnl = pnl,
            StopLoss = stop,
            TakeProfit = target,
            Exchange = "NYSE",
            ExecutionLatencyMs = latency,
        };

    [Fact]
    public Task Order_rules_are_the_same_in_code_and_database() =>
        CompareAsync(
            Orders,
            order => order.BrokenRules(),
            order =>
                (
                    """
                    INSERT INTO trading.orders (
                        id, time, account_id, symbol, side, type, status, quantity, filled_quantity, price, stop_price, average_fill_price,
                        total_fees, exchange, time_in_force, expires_at, filled_at, cancelled_at, reject_reason)
                    VALUES (
                        $1, $2, 1, $3, 'buy', $4::text::trading.order_type, $5::text::trading.order_status, $6, $7, $8, $9, $10,
                        $11, 'NYSE', $12, $13, $14, $15, $16)
                    """,
                    [
                        order.Id,
                        order.Time,
                        order.Symbol,
                        Label(order.Type),
                        Label(order.Status),
                        order.Quantity,
                        order.FilledQuantity,
                        order.Price,
                        order.StopPrice,
                        order.AverageFillPrice,
                        order.TotalFees,
                        order.TimeInForce,
                        order.ExpiresAt,
                        order.FilledAt,
                        order.CancelledAt,
                        order.RejectReason,
                    ]
                )
        );

    [Fact]
    public Task Trade_rules_are_the_same_in_code_and_database() =>
        CompareAsync(
            Trades,
            trade => trade.BrokenRules(),
            trade =>
                (
                    """
                    INSERT INTO trading.trades (
                        id, time, account_id, symbol, side, quantity, price, fee, entry_price, exit_price, pnl, stop_loss, take_profit,
                        exchange, execution_latency_ms)
                    VALUES ($1, $2, 1, 'AAPL', $3::text::trading.trade_side, $4, $5, $6, $7, $8, $9, $10, $11, 'NYSE', $12)
                    """,
                    [
                        trade.Id,
                        trade.Time,
                        Label(trade.Side),
                        trade.Quantity,
                        trade.Price,
                        trade.Fee,
                        trade.EntryPrice,
                        trade.ExitPrice,
                        trade.Pnl,
                        trade.StopLoss,
                        trade.TakeProfit,
                        trade.ExecutionLatencyMs,
                    ]
                )
        );

    [Fact]
    public async Task Order_status_transitions_are_the_same_in_code_and_database()
    {
        foreach (var from in Enum.GetValues<OrderStatus>())
        {
            foreach (var to in Enum.GetValues<OrderStatus>().Where(to => to != from))
            {
                // The filled quantity must fit the new status, or another check would refuse the update.
                var filled = to switch
                {
                    OrderStatus.Filled => 10,
                    OrderStatus.Partial => 5,
                    OrderStatus.Pending => 0,
                    _ => from == OrderStatus.Partial ? 5 : 0,
                };
                var error = await ValidRows.TryAsync(
                    database.Owner,
                    TradingRows.Insert(
                        "orders",
                        "expires_at='2027-01-01';"
                            + from switch
                            {
                                OrderStatus.Partial => "status='partial';filled_quantity=5;average_fill_price=1",
                                OrderStatus.Filled => "status='filled';filled_quantity=10;average_fill_price=1;filled_at='2026-01-06'",
                                OrderStatus.Cancelled => "status='cancelled';cancelled_at='2026-01-06'",
                                OrderStatus.Rejected => "status='rejected';reject_reason='no'",
                                OrderStatus.Expired => "status='expired'",
                                _ => "",
                            }
                    ),
                    $"""
                    UPDATE trading.orders
                       SET status = '{Label(to)}', filled_quantity = {filled},
                           average_fill_price = {(filled == 0 ? "NULL" : "1")},
                           reject_reason = {(to == OrderStatus.Rejected ? "'no'" : "NULL")}
                     WHERE expires_at = '2027-01-01'
                    """
                );
                Assert.True(error is null == Order.MayBecome(from, to), $"{from} to {to}: {error?.MessageText ?? "accepted"}");
                Assert.True(error is null or { ConstraintName: "chk_orders_transition" }, error?.Message);
            }
        }
    }

    private async Task CompareAsync<T>(Gen<T> rows, Func<T, IEnumerable<string>> rules, Func<T, (string Sql, object?[] Values)> insert)
    {
        // Creates the chunks once. Otherwise every attempt below would create a chunk and roll it back.
        await database.ExecuteAsync(TradingRows.Insert("orders", "id=public.uuid_v7()") + "; " + TradingRows.Insert("trades"));

        // A single round trip: the function inserts each row and rolls it back.
        await using var connection = await database.Owner.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var prepare = new NpgsqlCommand(
            """
            CREATE FUNCTION pg_temp.violated_constraint(statement text) RETURNS text LANGUAGE plpgsql AS $$
            DECLARE
              broken text;
              message text;
            BEGIN
              EXECUTE statement;
              RAISE SQLSTATE 'VALID';
            EXCEPTION
              WHEN SQLSTATE 'VALID' THEN RETURN NULL;
              WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME, message = MESSAGE_TEXT;
                RETURN coalesce(nullif(broken, ''), message);
            END $$
            """,
            connection
        );
        await prepare.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var sample = rows.Sample(400).ToList();
        await using var insertAll = new NpgsqlCommand(
            "SELECT array_agg(pg_temp.violated_constraint(s) ORDER BY n) FROM unnest($1) WITH ORDINALITY AS t (s, n)",
            connection
        )
        {
            Parameters = { new() { Value = sample.Select(row => Statement(insert(row))).ToArray() } },
        };
        var constraints = (string?[])(await insertAll.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        foreach (var (row, constraint) in sample.Zip(constraints))
        {
            var broken = rules(row).ToList();
            Assert.True(
                constraint is null ? broken.Count == 0 : broken.Contains(constraint, StringComparer.Ordinal),
                $"{row}: the database reports {constraint ?? "no error"}, the rules report {string.Join(", ", broken)}"
            );
        }

        var valid = constraints.Count(constraint => constraint is null);
        Assert.True(valid is > 20 and < 380, string.Create(CultureInfo.InvariantCulture, $"{valid} of 400 rows are valid: too one-sided"));
    }

    private static string Statement((string Sql, object?[] Values) insert)
    {
        // From the last parameter to the first, so that replacing $1 does not damage $10.
        var sql = insert.Sql;
        for (var n = insert.Values.Length; n > 0; n--)
        {
            sql = sql.Replace(
                string.Create(CultureInfo.InvariantCulture, $"${n}"),
                Literal(insert.Values[n - 1]),
                StringComparison.Ordinal
            );
        }

        return sql;

        static string Literal(object? value) =>
            value switch
            {
                null => "NULL",
                decimal or int => string.Create(CultureInfo.InvariantCulture, $"{value}"),
                DateTimeOffset instant => $"'{instant.ToString("O", CultureInfo.InvariantCulture)}'",
                _ => $"'{value}'",
            };
    }

    private static string Label<T>(T value)
        where T : struct, Enum => Npgsql.NameTranslation.NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(value.ToString());
}
