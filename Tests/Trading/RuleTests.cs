using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using Wyckoff.Trading;

namespace Wyckoff.Tests.Trading;

/// <summary>The rules in C# and the CHECKs judge alike.</summary>
public sealed class RuleTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Placed = new(2026, 1, 5, 15, 0, 0, TimeSpan.Zero);

    // Few values, so that they meet: the rules are about what equals, exceeds or is missing.
    private static readonly Gen<decimal> Number = Gen.Elements(-1m, 0m, 0.00000001m, 5m, 10m, 20m);
    private static readonly Gen<decimal?> Maybe = Gen.OneOf(Gen.Constant<decimal?>(null), Number.Select(n => (decimal?)n));
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
        from price in Gen.Frequency((4, Gen.Constant<decimal?>(10m)), (1, Maybe))
        from stop in Gen.Frequency((4, Gen.Constant<decimal?>(10m)), (1, Maybe))
        from average in Gen.Frequency((4, Gen.Constant(filled == 0 ? null : (decimal?)10m)), (1, Maybe))
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
        from entry in Maybe
        from exit in Gen.Frequency((1, Gen.Constant<decimal?>(null)), (1, Maybe))
        from pnl in Maybe
        from stop in Maybe
        from target in Maybe
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
    public Task Orders_are_judged_alike() =>
        JudgeAsync(
            Orders,
            order => order.BrokenRules(),
            order =>
                (
                    "INSERT INTO trading.orders (id, time, account_id, symbol, side, type, status, quantity, filled_quantity, price, stop_price, average_fill_price, total_fees, exchange, time_in_force, expires_at, filled_at, cancelled_at, reject_reason) VALUES ($1, $2, 1, $3, 'buy', $4::text::trading.order_type, $5::text::trading.order_status, $6, $7, $8, $9, $10, $11, 'NYSE', $12, $13, $14, $15, $16)",
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
    public Task Trades_are_judged_alike() =>
        JudgeAsync(
            Trades,
            trade => trade.BrokenRules(),
            trade =>
                (
                    "INSERT INTO trading.trades (id, time, account_id, symbol, side, quantity, price, fee, entry_price, exit_price, pnl, stop_loss, take_profit, exchange, execution_latency_ms) VALUES ($1, $2, 1, 'AAPL', $3::text::trading.trade_side, $4, $5, $6, $7, $8, $9, $10, $11, 'NYSE', $12)",
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
    public async Task Every_way_from_status_to_status_is_judged_alike()
    {
        foreach (var from in Enum.GetValues<OrderStatus>())
        {
            foreach (var to in Enum.GetValues<OrderStatus>().Where(to => to != from))
            {
                // A partial order is one by what is filled, and a pending one likewise: these two are not set but follow.
                var filled = to switch
                {
                    OrderStatus.Filled => 10,
                    OrderStatus.Partial => 5,
                    OrderStatus.Pending => 0,
                    _ => from == OrderStatus.Partial ? 5 : 0,
                };
                var refusal = await TradingRows.TryAsync(
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
                    $"UPDATE trading.orders SET status = '{Label(to)}', filled_quantity = {filled}, average_fill_price = {(filled == 0 ? "NULL" : "1")}, reject_reason = {(to == OrderStatus.Rejected ? "'no'" : "NULL")} WHERE expires_at = '2027-01-01'"
                );
                Assert.True(refusal is null == Order.MayBecome(from, to), $"{from} to {to}: {refusal?.MessageText ?? "taken"}");
                Assert.True(refusal is null or { ConstraintName: "chk_orders_transition" }, refusal?.Message);
            }
        }
    }

    private async Task JudgeAsync<T>(Gen<T> rows, Func<T, IEnumerable<string>> rules, Func<T, (string Sql, object?[] Values)> insert)
    {
        // The chunk has to be there, or each row that is tried makes it and takes it back.
        await database.ExecuteAsync(TradingRows.Insert("orders", "id=public.uuid_v7()") + "; " + TradingRows.Insert("trades"));

        // All in one round trip: the server tries each row and takes it back.
        await using var connection = await database.Owner.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var prepare = new NpgsqlCommand(
            """
            CREATE FUNCTION pg_temp.verdict(statement text) RETURNS text LANGUAGE plpgsql AS $$
            DECLARE
              broken text;
              said text;
            BEGIN
              EXECUTE statement;
              RAISE SQLSTATE 'TAKEN';
            EXCEPTION
              WHEN SQLSTATE 'TAKEN' THEN RETURN NULL;
              WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME, said = MESSAGE_TEXT;
                RETURN coalesce(nullif(broken, ''), said);
            END $$
            """,
            connection
        );
        await prepare.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var sample = rows.Sample(400).ToList();
        await using var judge = new NpgsqlCommand(
            "SELECT array_agg(pg_temp.verdict(s) ORDER BY n) FROM unnest($1) WITH ORDINALITY AS t (s, n)",
            connection
        )
        {
            Parameters = { new() { Value = sample.Select(row => Statement(insert(row))).ToArray() } },
        };
        var verdicts = (string?[])(await judge.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        foreach (var (row, constraint) in sample.Zip(verdicts))
        {
            var broken = rules(row).ToList();
            Assert.True(
                constraint is null ? broken.Count == 0 : broken.Contains(constraint, StringComparer.Ordinal),
                $"{row}: the database says {constraint ?? "yes"}, the rules {string.Join(", ", broken)}"
            );
        }

        var taken = verdicts.Count(constraint => constraint is null);
        Assert.True(taken is > 20 and < 380, string.Create(CultureInfo.InvariantCulture, $"{taken} of 400 taken: such rows prove little"));
    }

    private static string Statement((string Sql, object?[] Values) insert)
    {
        // From the last parameter to the first, so that $1 does not take the beginning of $10.
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
