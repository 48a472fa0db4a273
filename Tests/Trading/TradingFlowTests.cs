using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.Tests.Accounts;
using Wyckoff.Trading;
using Wyckoff.Trading.Strategies;

namespace Wyckoff.Tests.Trading;

public sealed class TradingOnPlainTests(PlainDatabase database) : TradingFlowTests(database), IClassFixture<PlainDatabase>;

public sealed class TradingOnApacheTests(ApacheDatabase database) : TradingFlowTests(database), IClassFixture<ApacheDatabase>;

public sealed class TradingOnCommunityTests(CommunityDatabase database) : TradingFlowTests(database), IClassFixture<CommunityDatabase>
{
    private readonly CommunityDatabase _database = database;

    [Fact]
    public async Task Strategy_totals_follow_trades_in_compressed_chunks()
    {
        var (account, strategy) = await StrategyAsync();
        await _database.ExecuteAsync(
            """
            INSERT INTO trading.trades (
                time, account_id, strategy_id, symbol, side, quantity, price, exchange, entry_price, exit_price, pnl, fee)
            SELECT '2026-01-01'::timestamptz + n * interval '1 hour', $1, $2, 'AAPL', 'sell', 1, 10, 'NYSE', 9, 10, n - 50, 0.5
              FROM generate_series(1, 100) AS n
            """,
            account,
            strategy
        );
        Assert.NotEqual(
            0L,
            await _database.ScalarAsync<long>(
                "SELECT count(compress_chunk(c, if_not_compressed => true)) FROM show_chunks('trading.trades') AS c"
            )
        );

        await _database.ExecuteAsync("UPDATE trading.trades SET pnl = 1000 WHERE strategy_id = $1 AND pnl = 1", strategy);
        await _database.ExecuteAsync("DELETE FROM trading.trades WHERE strategy_id = $1 AND pnl < 0", strategy);
        await _database.ExecuteAsync(
            """
            INSERT INTO trading.trades (time, account_id, strategy_id, symbol, side, quantity, price, exchange)
            VALUES ('2026-01-02', $1, $2, 'AAPL', 'buy', 1, 10, 'NYSE')
            """,
            account,
            strategy
        );
        Assert.Equal((52, 51, 50, 1275m - 1 + 1000, 25.5m), await TotalsAsync(strategy));

        await _database.ExecuteAsync("DELETE FROM trading.strategies WHERE id = $1", strategy);
        Assert.Equal(
            52L,
            await _database.ScalarAsync<long>("SELECT count(*) FROM trading.trades WHERE account_id = $1 AND strategy_id IS NULL", account)
        );
    }
}

/// <summary>Tests that must pass on every TimescaleDB edition and on plain PostgreSQL.</summary>
public abstract class TradingFlowTests(TestDatabase database)
{
    private static long _accounts = 1000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Placing_an_order_twice_returns_the_existing_order()
    {
        var (account, _) = await StrategyAsync();
        var order = NewOrder("c-1");
        var first = await Store().PlaceOrderAsync(account, order, Token);
        var again = await Store().PlaceOrderAsync(account, order with { Id = Guid.NewGuid(), Quantity = 99 }, Token);

        Assert.True(first.Created);
        Assert.Equal(new Recorded(first.Id, false), again);
        Assert.Equal(10m, (await OrderAsync(account, first.Id)).Quantity);
        var other = await Assert.ThrowsAsync<PostgresException>(() =>
            Store().PlaceOrderAsync(account, order with { Symbol = "TSLA" }, Token)
        );
        Assert.Equal(PostgresErrorCodes.UniqueViolation, other.SqlState);
        // Client order ids are unique per account only.
        Assert.True((await Store().PlaceOrderAsync(account + 1, order with { Id = Guid.NewGuid() }, Token)).Created);
    }

    [Fact]
    public async Task A_client_order_id_is_unique_across_chunks()
    {
        var (account, _) = await StrategyAsync();
        await Store().PlaceOrderAsync(account, NewOrder("c-1") with { Time = DateTimeOffset.UnixEpoch.AddYears(30) }, Token);
        var refusal = await ValidRows.TryAsync(
            database.Owner,
            TradingRows.Insert(
                "orders",
                string.Create(CultureInfo.InvariantCulture, $"id=public.uuid_v7();account_id={account};client_order_id='c-1'")
            )
        );
        Assert.Equal("idx_order_keys_account_id_client_order_id", refusal?.ConstraintName);
    }

    [Fact]
    public async Task Twenty_concurrent_requests_for_one_order_create_it_once()
    {
        var (account, _) = await StrategyAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Store().PlaceOrderAsync(account, NewOrder("same"), Token)));
        Assert.Single(all, recorded => recorded.Created);
        Assert.Single(all.Select(recorded => recorded.Id).Distinct());
    }

    [Fact]
    public async Task Fills_advance_an_order_until_it_is_filled()
    {
        var (account, strategy) = await StrategyAsync();
        var (id, _) = await Store().PlaceOrderAsync(account, NewOrder("c-1") with { StrategyId = strategy }, Token);
        await Store().FillOrderAsync(account, id, 4, 99.5m, 0.5m, "t-1", null, Token);
        Assert.False((await Store().FillOrderAsync(account, id, 4, 99.5m, 0.5m, "t-1", null, Token)).Created);
        var partial = await OrderAsync(account, id);
        Assert.Equal(
            (OrderStatus.Partial, 4m, 6m, 99.5m),
            (partial.Status, partial.FilledQuantity, partial.RemainingQuantity, partial.AverageFillPrice)
        );

        var tooMuch = await Assert.ThrowsAsync<PostgresException>(() => Store().FillOrderAsync(account, id, 7, 100, 0, "t-2", null, Token));
        Assert.Equal("chk_orders_filled_quantity", tooMuch.ConstraintName);
        await Store().FillOrderAsync(account, id, 6, 100, 0.5m, "t-3", null, Token);
        var filled = await OrderAsync(account, id);
        Assert.Equal(
            (OrderStatus.Filled, 0m, 99.8m, 998m, 1m),
            (filled.Status, filled.RemainingQuantity, filled.AverageFillPrice, filled.TotalValue, filled.TotalFees)
        );
        Assert.NotNull(filled.FilledAt);
        Assert.Equal(
            "chk_orders_transition",
            (await Assert.ThrowsAsync<PostgresException>(() => Store().CancelOrderAsync(account, id, null, Token))).ConstraintName
        );
        Assert.Equal((2, 0, 0, 0m, 1m), await TotalsAsync(strategy));
    }

    [Fact]
    public async Task A_parent_order_must_exist_and_belong_to_the_same_account()
    {
        var (account, _) = await StrategyAsync();
        var parent = await Store().PlaceOrderAsync(account, NewOrder("parent"), Token);
        Assert.True((await Store().PlaceOrderAsync(account, NewOrder("stop") with { ParentOrderId = parent.Id }, Token)).Created);
        foreach (var (who, which) in new[] { (account, Guid.NewGuid()), (account + 1, parent.Id) })
        {
            Assert.Equal(
                "fk_orders_parent",
                (
                    await Assert.ThrowsAsync<PostgresException>(() =>
                        Store().PlaceOrderAsync(who, NewOrder("lost") with { ParentOrderId = which }, Token)
                    )
                ).ConstraintName
            );
        }
    }

    [Fact]
    public async Task Strategy_totals_are_correct_after_twenty_concurrent_writers()
    {
        var (account, _) = await StrategyAsync();
        var strategies = new List<Guid>();
        for (var n = 0; n < 4; n++)
        {
            strategies.Add(await StrategyAsync(account, "s" + n));
        }

        var (order, _) = await Store().PlaceOrderAsync(account, NewOrder("big") with { Quantity = 100_000 }, Token);
        await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(writer =>
                    Task.Run(
                        async () =>
                        {
                            // Every writer updates the strategies in a different order, which provokes deadlocks.
                            var shuffled = strategies.OrderBy(s => (s.GetHashCode() * 31) ^ writer).ToArray();
                            for (var n = 0; n < 5; n++)
                            {
                                await using var insert = database.Owner.CreateCommand(
                                    """
                                    INSERT INTO trading.trades (
                                        account_id, strategy_id, order_id, symbol, side, quantity, price, exchange, exchange_trade_id,
                                        entry_price, exit_price, pnl, fee)
                                    SELECT $1, s, $2, 'AAPL', 'sell', 1, 10, 'NYSE', $3 || '-' || s, 9, 10, 2.5 - $4, 0.01
                                      FROM unnest($5) AS s
                                    """
                                );
                                insert.Parameters.AddRange(new[] { P(account), P(order), P($"{writer}-{n}"), P((decimal)n), P(shuffled) });
                                await insert.ExecuteNonQueryAsync(Token);
                                await using var update = database.Owner.CreateCommand(
                                    "UPDATE trading.trades SET fee = fee + 1 WHERE account_id = $1 AND exchange_trade_id LIKE $2 || '-%'"
                                );
                                update.Parameters.AddRange(new[] { P(account), P($"{writer}-{n}") });
                                await update.ExecuteNonQueryAsync(Token);
                            }

                            await using var delete = database.Owner.CreateCommand(
                                "DELETE FROM trading.trades WHERE account_id = $1 AND exchange_trade_id LIKE $2 || '-4-%'"
                            );
                            delete.Parameters.AddRange(new[] { P(account), P(writer.ToString(CultureInfo.InvariantCulture)) });
                            await delete.ExecuteNonQueryAsync(Token);
                        },
                        Token
                    )
                )
        );

        foreach (var strategy in strategies)
        {
            Assert.Equal((80, 80, 60, 20 * (2.5m + 1.5m + 0.5m - 0.5m), 80 * 1.01m), await TotalsAsync(strategy));
        }

        var filled = await OrderAsync(account, order);
        Assert.Equal((400m, 4000m, OrderStatus.Partial), (filled.FilledQuantity, filled.TotalValue, filled.Status));
        Assert.Equal(0L, await database.ScalarAsync<long>("SELECT count(*) FROM trading.removed_trades"));
        Assert.Equal(320L, await database.ScalarAsync<long>("SELECT count(*) FROM trading.trade_keys WHERE account_id = $1", account));

        static NpgsqlParameter P(object value) => new() { Value = value };
    }

    [Fact]
    public async Task Trades_removed_by_retention_stay_in_the_totals_and_keep_their_ids()
    {
        var (account, strategy) = await StrategyAsync();
        await TradeAsync(account, strategy, pnl: 5);
        await using var connection = await database.Worker.OpenConnectionAsync(Token);
        await using var command = new NpgsqlCommand(
            "SET app.retention = 'on'; DELETE FROM trading.trades WHERE account_id = " + account.ToString(CultureInfo.InvariantCulture),
            connection
        );
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Token));
        Assert.Equal((1, 1, 1, 5m, 1m), await TotalsAsync(strategy));
        Assert.Equal(1L, await database.ScalarAsync<long>("SELECT count(*) FROM trading.trade_keys WHERE account_id = $1", account));
    }

    [Fact]
    public async Task Moving_a_trade_to_another_strategy_updates_both_totals()
    {
        var (account, first) = await StrategyAsync();
        var second = await StrategyAsync(account, "second");
        var trade = await TradeAsync(account, first, pnl: 5);
        await database.ExecuteAsync("UPDATE trading.trades SET strategy_id = $1, pnl = -3 WHERE id = $2", second, trade);
        Assert.Equal((0, 0, 0, 0m, 0m), await TotalsAsync(first));
        Assert.Equal((1, 1, 0, -3m, 1m), await TotalsAsync(second));
        Assert.Equal(
            "chk_trades_identity",
            (
                await ValidRows.TryAsync(database.Owner, $"UPDATE trading.trades SET account_id = account_id + 1 WHERE id = '{trade}'")
            )?.ConstraintName
        );
    }

    [Fact]
    public async Task Deleting_a_strategy_keeps_its_orders_trades_and_logs_and_deletes_its_snapshots()
    {
        var (account, strategy) = await StrategyAsync();
        await Store().PlaceOrderAsync(account, NewOrder("c-1") with { StrategyId = strategy }, Token);
        await TradeAsync(account, strategy, pnl: 5);
        await ScalarAsAppAsync(account, $"SELECT trading.record_snapshot(1, 1, 0, '{strategy}'), trading.record_snapshot(1, 1, 0)");
        await ScalarAsAppAsync(account, $"SELECT trading.log('Api', 'info', 'hello', strategy_id => '{strategy}')");
        await database.ExecuteAsync("DELETE FROM trading.strategies WHERE id = $1", strategy);
        foreach (var table in new[] { "orders", "trades", "system_logs", "portfolio_snapshots" })
        {
            Assert.Equal(
                1L,
                await database.ScalarAsync<long>(
                    $"SELECT count(*) FROM trading.{table} WHERE account_id = $1 AND strategy_id IS NULL",
                    account
                )
            );
            Assert.Equal(1L, await database.ScalarAsync<long>($"SELECT count(*) FROM trading.{table} WHERE account_id = $1", account));
        }
    }

    [Fact]
    public async Task Probe_results_block_deleting_their_strategy_and_delete_their_trades()
    {
        string[] rows =
        [
            TradingRows.Insert("probe_strategies"),
            TradingRows.Insert("strategy_probe_results"),
            TradingRows.Insert("strategy_probe_trades"),
        ];
        Assert.Equal(
            "fk_strategy_probe_results_strategy",
            (await ValidRows.TryAsync(database.Owner, [.. rows, "DELETE FROM trading.probe_strategies"]))?.ConstraintName
        );
        Assert.Equal(
            "22012",
            (
                await ValidRows.TryAsync(
                    database.Owner,
                    [
                        .. rows,
                        "DELETE FROM trading.strategy_probe_results",
                        "SELECT 1 / (SELECT count(*) FROM trading.strategy_probe_trades)",
                    ]
                )
            )?.SqlState
        );
        // The unique index treats null slice fields as equal.
        Assert.Equal(
            "idx_strategy_probe_results_slice",
            (
                await ValidRows.TryAsync(database.Owner, [.. rows, TradingRows.Insert("strategy_probe_results", "id=public.uuid_v7()")])
            )?.ConstraintName
        );
    }

    [Fact]
    public async Task A_snapshot_is_recorded_once_per_instant()
    {
        var (account, strategy) = await StrategyAsync();
        foreach (var scope in new[] { "NULL", $"'{strategy}'" })
        {
            Assert.True(
                await ScalarAsAppAsync(account, $"SELECT trading.record_snapshot(1, 1, 0, {scope}, \"time\" => '2026-01-05')") is true
            );
            Assert.True(
                await ScalarAsAppAsync(account, $"SELECT trading.record_snapshot(2, 2, 0, {scope}, \"time\" => '2026-01-05')") is false
            );
        }

        Assert.Equal(2m, await ScalarAsAppAsync(account, "SELECT sum(total_value) FROM trading.my_portfolio_snapshots"));
    }

    [Fact]
    public async Task A_stale_strategy_update_is_refused_and_a_trade_does_not_make_it_stale()
    {
        var (account, id) = await StrategyAsync();
        await using var first = database.OwnerContext();
        await using var second = database.OwnerContext();
        var mine = await first.Strategies.SingleAsync(s => s.Id == id, Token);
        var theirs = await second.Strategies.SingleAsync(s => s.Id == id, Token);
        await TradeAsync(account, id, pnl: 1);
        mine.Rename("mine");
        await first.SaveChangesAsync(Token);
        Assert.Equal((2, 0.02m * 100), (mine.Version, mine.MaxRiskPct));
        theirs.Rename("theirs");
        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => second.SaveChangesAsync(Token));
    }

    [Fact]
    public async Task Amounts_are_stored_exactly()
    {
        var (account, _) = await StrategyAsync();
        const decimal most = 9999999999.99999999m;
        var recorded = await Store()
            .RecordTradeAsync(
                account,
                new Trade
                {
                    Time = DateTimeOffset.UnixEpoch.AddYears(56),
                    Symbol = "BTC/USD",
                    Side = TradeSide.Buy,
                    Quantity = most,
                    Price = 9999999999m,
                    Exchange = "X",
                    Fee = 0.00000001m,
                },
                Token
            );
        Assert.Equal(most, await ScalarAsAppAsync(account, $"SELECT quantity FROM trading.my_trades WHERE id = '{recorded.Id}'"));
        Assert.Equal(
            most * 9999999999m,
            await ScalarAsAppAsync(account, $"SELECT value FROM trading.my_trades WHERE id = '{recorded.Id}'")
        );
        Assert.Equal(
            (most * 9999999999m) + 0.00000001m,
            await ScalarAsAppAsync(account, $"SELECT net_value FROM trading.my_trades WHERE id = '{recorded.Id}'")
        );
    }

    [Fact]
    public async Task An_account_cannot_see_or_change_data_of_another()
    {
        var (account, strategy) = await StrategyAsync();
        var other = account + 1;
        var (order, _) = await Store().PlaceOrderAsync(account, NewOrder("secret") with { StrategyId = strategy }, Token);
        await TradeAsync(account, strategy, pnl: 5);
        await ScalarAsAppAsync(account, $"SELECT trading.record_snapshot(1, 1, 0, '{strategy}')");
        await ScalarAsAppAsync(account, "SELECT trading.log('Api', 'info', 'secret')");
        await using (var refresh = database.Worker.CreateCommand("SELECT trading.refresh_views()"))
        {
            await refresh.ExecuteNonQueryAsync(Token);
        }

        foreach (
            var view in new[]
            {
                "my_orders",
                "my_open_orders",
                "my_trades",
                "my_portfolio_snapshots",
                "my_system_logs",
                "my_active_strategies",
                "my_recent_performance",
            }
        )
        {
            Assert.NotEqual(0L, await ScalarAsAppAsync(account, $"SELECT count(*) FROM trading.{view}"));
            Assert.Equal(0L, await ScalarAsAppAsync(other, $"SELECT count(*) FROM trading.{view}"));
            Assert.Equal(0L, await ScalarAsAppAsync(null, $"SELECT count(*) FROM trading.{view}"));
            // The failing cast would reveal a row of the other account if it were evaluated before the policy of the view.
            Assert.Equal(0L, await ScalarAsAppAsync(other, $"SELECT count(*) FROM trading.{view} AS v WHERE v::text::int > 0"));
        }

        Assert.Equal(0L, await ScalarAsAppAsync(other, "SELECT count(*) FROM trading.strategies WHERE NOT is_benchmark"));
        Assert.Equal(0L, await ScalarAsAppAsync(other, $"SELECT executions FROM trading.calculate_strategy_metrics('{strategy}')"));
        foreach (
            var table in new[]
            {
                "orders",
                "trades",
                "portfolio_snapshots",
                "system_logs",
                "order_keys",
                "trade_keys",
                "active_strategies",
                "recent_performance",
                "removed_trades",
            }
        )
        {
            Assert.Equal(
                PostgresErrorCodes.InsufficientPrivilege,
                (await ValidRows.TryAsync(database.App, $"SELECT * FROM trading.{table}"))?.SqlState
            );
        }

        foreach (
            var statement in new[]
            {
                $"SELECT trading.cancel_order('{order}')",
                $"SELECT trading.update_order('{order}', price => 1)",
                $"SELECT trading.fill_order('{order}', 1, 1)",
                $"SELECT trading.record_trade('AAPL', 'buy', 1, 1, 'NYSE', order_id => '{order}')",
                $"SELECT trading.place_order('AAPL', 'buy', 'market', 1, 'NYSE', strategy_id => '{strategy}')",
                $"SELECT trading.record_snapshot(1, 1, 0, '{strategy}')",
                $"SELECT trading.place_order('AAPL', 'buy', 'market', 1, 'NYSE', id => '{order}')",
                $"SELECT trading.log('Api', 'info', 'x', strategy_id => '{strategy}')",
                "SELECT trading.refresh_views()",
                "UPDATE trading.strategies SET total_pnl = 1",
                "UPDATE trading.strategies SET account_id = 1",
            }
        )
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsAppAsync(other, statement));
            Assert.DoesNotContain("secret", refusal.MessageText + refusal.Detail, StringComparison.Ordinal);
        }

        if (database.Edition.HasHypertables)
        {
            var chunk = await database.ScalarAsync<string>("SELECT show_chunks('trading.orders')::text LIMIT 1");
            Assert.Equal(
                PostgresErrorCodes.InsufficientPrivilege,
                (await ValidRows.TryAsync(database.App, $"SELECT * FROM {chunk}"))?.SqlState
            );
        }
    }

    [Fact]
    public async Task Benchmarks_are_readable_by_all_and_writable_only_by_the_owner_role()
    {
        await using var context = database.OwnerContext();
        var benchmark = Strategy.Benchmark("Buy and hold " + Guid.NewGuid());
        context.Add(benchmark);
        await context.SaveChangesAsync(Token);
        Assert.Equal(1L, await ScalarAsAppAsync(4711, $"SELECT count(*) FROM trading.strategies WHERE id = '{benchmark.Id}'"));
        Assert.Equal(
            0L,
            await ScalarAsAppAsync(
                4711,
                $"WITH u AS (UPDATE trading.strategies SET name = 'mine' WHERE id = '{benchmark.Id}' RETURNING 1) SELECT count(*) FROM u"
            )
        );
        await Assert.ThrowsAsync<PostgresException>(() =>
            ScalarAsAppAsync(4711, "INSERT INTO trading.strategies (name, is_benchmark) VALUES ('x', true)")
        );
    }

    [Fact]
    public async Task Strategy_metrics_match_a_calculation_by_hand()
    {
        var (account, strategy) = await StrategyAsync();
        // Day 1: buy 10 at 100, sell at 110 twelve hours later. Day 3: sell short at 110, buy back at 113 six hours later. Each trade costs
        // a fee of 1.
        foreach (
            var row in new[]
            {
                "'2026-01-01 00:00Z', 'buy', 100, NULL, NULL, NULL, 1",
                "'2026-01-01 12:00Z', 'sell', 110, 100, 110, 100, 1",
                "'2026-01-03 00:00Z', 'sell', 110, NULL, NULL, NULL, 1",
                "'2026-01-03 06:00Z', 'buy', 113, 110, 113, -30, 1",
            }
        )
        {
            await database.ExecuteAsync(
                $"""
                INSERT INTO trading.trades (
                    account_id, strategy_id, symbol, quantity, exchange, time, side, price, entry_price, exit_price, pnl, fee)
                VALUES ($1, $2, 'AAPL', 10, 'NYSE', {row})
                """,
                account,
                strategy
            );
        }

        var metrics = $"trading.calculate_strategy_metrics('{strategy}', '2026-01-01Z', '2026-01-05Z')";
        var text = await ScalarAsAppAsync(
            account,
            $"""
            SELECT concat_ws('|', trades, executions, winning_trades, losing_trades, win_rate, profit_factor, expectancy, total_pnl,
                             net_pnl, max_drawdown, exposure)
              FROM {metrics}
            """
        );
        // Net results are -1, +99, -1 and -31, so the peak is 98 and the end 66. The positions are held for 12 and 6 of 96 hours.
        Assert.Equal("2|4|1|1|50.0000|3.333333|35.00000000|70.00000000|66.00000000|32.00000000|0.187500", text);
        var days = new[] { 98.0, 0, -32, 0 };
        var mean = days.Average();
        var deviation = Math.Sqrt(days.Sum(d => (d - mean) * (d - mean)) / 3);
        var sharpe = (decimal)(await ScalarAsAppAsync(account, $"SELECT sharpe_ratio FROM {metrics}"))!;
        Assert.Equal(mean / deviation * Math.Sqrt(365), (double)sharpe, 5);
        var sortino = (decimal)(await ScalarAsAppAsync(account, $"SELECT sortino_ratio FROM {metrics}"))!;
        Assert.Equal(mean / 16 * Math.Sqrt(365), (double)sortino, 5);
        Assert.Equal(
            "0",
            await ScalarAsAppAsync(
                account,
                $"""
                SELECT concat_ws('|', trades, win_rate, profit_factor, expectancy, sharpe_ratio, sortino_ratio, max_drawdown, exposure)
                  FROM trading.calculate_strategy_metrics('{Guid.NewGuid()}')
                """
            )
        );
    }

    [Fact]
    public async Task Database_health_lists_the_components_of_this_edition()
    {
        var components = new List<string>();
        await using var command = database.App.CreateCommand(
            "SELECT component, status, details, response_time_ms FROM check_database_health()"
        );
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
        {
            components.Add(reader.GetString(0));
            Assert.Contains(reader.GetString(1), new[] { "healthy", "warning", "critical" });
            Assert.True(reader.GetDecimal(3) >= 0);
        }

        string[] expected =
        [
            "connections",
            "cache hit ratio",
            "dead tuples",
            "oldest transaction",
            "timescaledb",
            .. database.Edition.HasHypertables ? ["chunks"] : Array.Empty<string>(),
            .. database.Edition.HasPolicies ? ["compression", "jobs"] : Array.Empty<string>(),
        ];
        Assert.Equal(expected, components);
    }

    [Fact]
    public async Task Order_changes_are_audited()
    {
        var (account, _) = await StrategyAsync();
        var (id, _) = await Store().PlaceOrderAsync(account, NewOrder("c-1"), Token);
        await Store().CancelOrderAsync(account, id, null, Token);
        Assert.Equal(
            2L,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM audit.audit_trail WHERE entity_type = 'order' AND entity_id = $1",
                id.ToString()
            )
        );
    }

    protected async Task<(long Account, Guid Strategy)> StrategyAsync()
    {
        // Reserves two accounts: tests use account + 1 as the other account.
        var account = Interlocked.Add(ref _accounts, 2);
        await database.ExecuteAsync(
            """
            INSERT INTO account.user_accounts (id, external_user_id, name, email, google_id)
            SELECT n, 'ext-' || n, 'n' || n, n || '@example.org', 'g-' || n FROM generate_series($1, $1 + 1) AS n
            ON CONFLICT DO NOTHING
            """,
            account
        );
        return (account, await StrategyAsync(account, "first"));
    }

    protected async Task<(int Total, int Closed, int Winning, decimal Pnl, decimal Fees)> TotalsAsync(Guid strategy)
    {
        await using var context = database.OwnerContext();
        var s = await context.Strategies.AsNoTracking().SingleAsync(s => s.Id == strategy, Token);
        return (s.TotalTrades, s.ClosedTrades, s.WinningTrades, s.TotalPnl, s.TotalFees);
    }

    private async Task<Guid> StrategyAsync(long account, string name)
    {
        var strategy = new Strategy(account, name, StrategyType.SmaCrossover);
        strategy.Trade([Wyckoff.Primitives.Symbol.Parse("AAPL")], [Wyckoff.Primitives.Timeframe.Day1], AssetType.Stock);
        strategy.Start();
        await using var context = database.OwnerContext();
        context.Add(strategy);
        await context.SaveChangesAsync(Token);
        return strategy.Id;
    }

    private static Order NewOrder(string clientOrderId) =>
        new()
        {
            Id = Guid.CreateVersion7(),
            Time = new(2026, 1, 5, 15, 0, 0, TimeSpan.Zero),
            Symbol = "AAPL",
            Side = OrderSide.Buy,
            Type = OrderType.Limit,
            Quantity = 10,
            Price = 100,
            Exchange = "NYSE",
            ClientOrderId = clientOrderId,
        };

    private TradingStore Store() => new(database.App);

    private async Task<Guid> TradeAsync(long account, Guid strategy, decimal pnl) =>
        (
            await Store()
                .RecordTradeAsync(
                    account,
                    new Trade
                    {
                        Time = TimeProvider.System.GetUtcNow(),
                        StrategyId = strategy,
                        Symbol = "AAPL",
                        Side = TradeSide.Sell,
                        Quantity = 1,
                        Price = 10,
                        EntryPrice = 9,
                        ExitPrice = 10,
                        Pnl = pnl,
                        Fee = 1,
                        Exchange = "NYSE",
                        ExchangeTradeId = Guid.NewGuid().ToString(),
                    },
                    Token
                )
        ).Id;

    // Reads the order through the view, like the services.
    private async Task<Order> OrderAsync(long account, Guid id)
    {
        await using var context = database.Context();
        return await context
            .Database.CreateExecutionStrategy()
            .ExecuteAsync(async () =>
            {
                await using var transaction = await context.Database.BeginTransactionAsync(Token);
                await context.Database.ExecuteSqlAsync(
                    $"SELECT set_config('app.account_id', {account.ToString(CultureInfo.InvariantCulture)}, true)",
                    Token
                );
                return await context.Orders.AsNoTracking().SingleAsync(o => o.Id == id, Token);
            });
    }

    private async Task<object?> ScalarAsAppAsync(long? account, string sql)
    {
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        if (account is { } id)
        {
            await using var setAccount = new NpgsqlCommand("SELECT set_config('app.account_id', $1, true)", connection, transaction)
            {
                Parameters = { new() { Value = id.ToString(CultureInfo.InvariantCulture) } },
            };
            await setAccount.ExecuteNonQueryAsync(Token);
        }

        await using var command = new NpgsqlCommand(sql, connection, transaction);
        var result = await command.ExecuteScalarAsync(Token);
        await transaction.CommitAsync(Token);
        return result;
    }
}
