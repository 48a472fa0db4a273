using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Trading;

public sealed class CheckTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    // Table | changed columns of the valid row | check constraint that the row violates
    private const string InvalidRows = """
        strategies | name=' ' | chk_strategies_name
        strategies | is_benchmark=true;account_id=1 | chk_strategies_benchmark
        strategies | direction='up' | chk_strategies_direction
        strategies | symbols='{}' | chk_strategies_symbols
        strategies | symbols='{aapl}' | chk_strategies_symbols
        strategies | symbols='{AAPL,NULL}' | chk_strategies_symbols
        strategies | timeframes='{}' | chk_strategies_timeframes
        strategies | timeframes='{1Day}' | chk_strategies_timeframes
        strategies | timeframes=ARRAY[NULL]::text[] | chk_strategies_timeframes
        strategies | status='active';is_active=false | chk_strategies_runnable
        strategies | status='active';symbols=NULL | chk_strategies_runnable
        strategies | status='active';timeframes=NULL | chk_strategies_runnable
        strategies | status='active';is_benchmark=true | chk_strategies_runnable
        strategies | config='[]' | chk_strategies_config
        strategies | parameters='1' | chk_strategies_parameters
        strategies | risk_profile='[]' | chk_strategies_risk_profile
        strategies | max_positions=0 | chk_strategies_max_positions
        strategies | max_risk_per_trade=0 | chk_strategies_max_risk_per_trade
        strategies | max_risk_per_trade=1.01;max_portfolio_risk=1 | chk_strategies_max_risk_per_trade
        strategies | max_portfolio_risk=0 | chk_strategies_max_portfolio_risk
        strategies | max_portfolio_risk=1.01 | chk_strategies_max_portfolio_risk
        strategies | max_risk_per_trade=0.2;max_portfolio_risk=0.1 | chk_strategies_risks
        strategies | min_risk_reward=0 | chk_strategies_min_risk_reward
        strategies | min_risk_reward='NaN' | chk_strategies_numbers
        strategies | implied_strategy_family='luck' | chk_strategies_family
        strategies | winning_trades=1 | chk_strategies_trades
        strategies | closed_trades=1 | chk_strategies_trades
        strategies | max_drawdown=-1 | chk_strategies_max_drawdown
        probe_strategies | name='' | chk_probe_strategies_name
        probe_strategies | direction='up' | chk_probe_strategies_direction
        probe_strategies | details='[]' | chk_probe_strategies_details
        strategy_probe_results | symbol='aapl' | chk_strategy_probe_results_symbol
        strategy_probe_results | period_end='2025-01-01' | chk_strategy_probe_results_period
        strategy_probe_results | timeframe='2h' | chk_strategy_probe_results_timeframe
        strategy_probe_results | open_hour=24 | chk_strategy_probe_results_open_hour
        strategy_probe_results | long_short='both' | chk_strategy_probe_results_long_short
        strategy_probe_results | total_trades=-1 | chk_strategy_probe_results_total_trades
        strategy_probe_results | win_rate=100.01 | chk_strategy_probe_results_win_rate
        strategy_probe_results | profit_factor=-0.1 | chk_strategy_probe_results_profit_factor
        strategy_probe_results | pnl_std=-1 | chk_strategy_probe_results_pnl_std
        strategy_probe_results | max_drawdown=-1 | chk_strategy_probe_results_max_drawdown
        strategy_probe_results | strategy_version=0 | chk_strategy_probe_results_strategy_version
        strategy_probe_results | total_pnl='NaN' | chk_strategy_probe_results_numbers
        strategy_probe_trades | symbol='' | chk_strategy_probe_trades_symbol
        strategy_probe_trades | side='buy' | chk_strategy_probe_trades_side
        strategy_probe_trades | exit_time='2026-01-04' | chk_strategy_probe_trades_times
        strategy_probe_trades | exit_price=0 | chk_strategy_probe_trades_prices
        strategy_probe_trades | quantity=0 | chk_strategy_probe_trades_quantity
        strategy_probe_trades | bars_held=-1 | chk_strategy_probe_trades_bars_held
        strategy_probe_trades | pnl_std=-1 | chk_strategy_probe_trades_pnl_std
        strategy_probe_trades | max_drawdown=-1 | chk_strategy_probe_trades_max_drawdown
        strategy_probe_trades | pnl='NaN' | chk_strategy_probe_trades_numbers
        orders | symbol='aapl' | chk_orders_symbol
        orders | quantity=0 | chk_orders_quantity
        orders | filled_quantity=-1;average_fill_price=1 | chk_orders_filled_quantity
        orders | filled_quantity=11;average_fill_price=1;status='filled';filled_at='2026-01-06' | chk_orders_filled_quantity
        orders | price=0 | chk_orders_prices
        orders | stop_price=-1 | chk_orders_prices
        orders | price='NaN' | chk_orders_numbers
        orders | price=NULL | chk_orders_price
        orders | type='stop_limit' | chk_orders_stop_price
        orders | type='stop' | chk_orders_stop_price
        orders | status='partial' | chk_orders_status
        orders | filled_quantity=1;average_fill_price=1 | chk_orders_status
        orders | filled_quantity=1 | chk_orders_average_fill_price
        orders | average_fill_price=1 | chk_orders_average_fill_price
        orders | total_fees=-1 | chk_orders_totals
        orders | status='filled';filled_quantity=10;average_fill_price=1 | chk_orders_filled_at
        orders | filled_at='2026-01-06' | chk_orders_filled_at
        orders | status='filled';filled_quantity=10;average_fill_price=1;filled_at='2026-01-04' | chk_orders_filled_at
        orders | status='cancelled' | chk_orders_cancelled_at
        orders | cancelled_at='2026-01-06' | chk_orders_cancelled_at
        orders | status='expired' | chk_orders_expires_at
        orders | time_in_force='gtd' | chk_orders_expires_at
        orders | expires_at='2026-01-05' | chk_orders_expires_at
        orders | status='rejected' | chk_orders_reject_reason
        orders | reject_reason='no' | chk_orders_reject_reason
        orders | time_in_force='opg' | chk_orders_time_in_force
        trades | symbol='' | chk_trades_symbol
        trades | quantity=0 | chk_trades_quantity
        trades | price=0 | chk_trades_prices
        trades | stop_loss=0 | chk_trades_prices
        trades | price='NaN' | chk_trades_numbers
        trades | fee=-1 | chk_trades_fee
        trades | side='sell';pnl=5 | chk_trades_pnl
        trades | side='sell';pnl=5;entry_price=90 | chk_trades_pnl
        trades | exit_price=100 | chk_trades_exit
        trades | stop_loss=100 | chk_trades_stop_loss
        trades | side='sell';stop_loss=99 | chk_trades_stop_loss
        trades | take_profit=100 | chk_trades_take_profit
        trades | side='sell';take_profit=101 | chk_trades_take_profit
        trades | side='sell';entry_price=90;exit_price=100;stop_loss=120;take_profit=110 | chk_trades_stop_target
        trades | side='buy';entry_price=90;exit_price=100;stop_loss=80;take_profit=110 | chk_trades_stop_target
        trades | execution_latency_ms=-1 | chk_trades_latency
        portfolio_snapshots | positions='1' | chk_portfolio_snapshots_positions
        portfolio_snapshots | position_count=-1 | chk_portfolio_snapshots_position_count
        portfolio_snapshots | total_exposure=-1 | chk_portfolio_snapshots_total_exposure
        portfolio_snapshots | leverage=-1 | chk_portfolio_snapshots_leverage
        portfolio_snapshots | var_1d=-1 | chk_portfolio_snapshots_var_1d
        portfolio_snapshots | max_drawdown=1.1 | chk_portfolio_snapshots_max_drawdown
        portfolio_snapshots | volatility=-1 | chk_portfolio_snapshots_volatility
        portfolio_snapshots | market_correlation=-1.1 | chk_portfolio_snapshots_market_correlation
        portfolio_snapshots | asset_allocation='[]' | chk_portfolio_snapshots_asset_allocation
        portfolio_snapshots | snapshot_trigger='' | chk_portfolio_snapshots_trigger
        portfolio_snapshots | total_value='NaN' | chk_portfolio_snapshots_numbers
        system_logs | service='' | chk_system_logs_service
        system_logs | execution_time_ms=-1 | chk_system_logs_execution_time_ms
        system_logs | memory_usage_mb=-1 | chk_system_logs_memory_usage_mb
        system_logs | memory_usage_mb='NaN' | chk_system_logs_numbers
        """;

    // No single row can violate these checks: a hypertable refuses an infinite time when it looks for the chunk, and a trigger refuses an
    // order that is its own parent. Both happen before the check is evaluated.
    private static readonly string[] Unreachable =
    [
        "chk_orders_time",
        "chk_trades_time",
        "chk_portfolio_snapshots_time",
        "chk_system_logs_time",
        "chk_orders_parent",
    ];

    public static TheoryData<string> Tables => [.. TradingRows.Tables];

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task A_valid_row_is_accepted(string table) =>
        Assert.Null(await ValidRows.TryAsync(database.Owner, [.. TradingRows.InsertReferencedRows(table), TradingRows.Insert(table)]));

    [Fact]
    public async Task An_invalid_row_violates_the_expected_check()
    {
        foreach (
            var (table, changes, constraint) in InvalidRows
                .Split('\n')
                .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
                .Select(parts => (parts[0], parts[1], parts[2]))
        )
        {
            var error = await ValidRows.TryAsync(
                database.Owner,
                [.. TradingRows.InsertReferencedRows(table), TradingRows.Insert(table, changes)]
            );
            Assert.True(
                error?.ConstraintName == constraint,
                $"{table}: {changes} gave {error?.ConstraintName ?? error?.MessageText ?? "no error"} and not {constraint}"
            );
        }
    }

    [Fact]
    public async Task Every_check_constraint_has_an_invalid_row()
    {
        var all = await CheckConstraints.AllAsync(database, "trading");
        Assert.Empty(
            all.Except(Unreachable, StringComparer.Ordinal).Where(name => !InvalidRows.Contains("| " + name, StringComparison.Ordinal))
        );
    }
}
