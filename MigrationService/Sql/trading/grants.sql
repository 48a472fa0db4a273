GRANT USAGE ON SCHEMA trading TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
-- All columns except the figures, version and updated_at, which triggers maintain.
GRANT SELECT, DELETE ON trading.strategies TO wyckoff_app, wyckoff_worker;
GRANT
  INSERT (
    id, account_id, is_benchmark, name, description, type, status, asset_type, direction, config, parameters, symbols, timeframes,
    entry_criteria, exit_criteria, max_positions, max_risk_per_trade, max_portfolio_risk, min_risk_reward, is_active, risk_profile,
    implied_strategy_family, created_at, created_by),
  UPDATE (
    is_benchmark, name, description, type, status, asset_type, direction, config, parameters, symbols, timeframes,
    entry_criteria, exit_criteria, max_positions, max_risk_per_trade, max_portfolio_risk, min_risk_reward, is_active, risk_profile,
    implied_strategy_family, created_by)
  ON trading.strategies TO wyckoff_app, wyckoff_worker;
GRANT SELECT ON trading.strategies TO wyckoff_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON trading.probe_strategies, trading.strategy_probe_results, trading.strategy_probe_trades
  TO wyckoff_app, wyckoff_worker;
GRANT SELECT ON trading.probe_strategies, trading.strategy_probe_results, trading.strategy_probe_trades TO wyckoff_reader;
GRANT SELECT ON
  trading.orders, trading.order_keys, trading.trades, trading.trade_keys, trading.portfolio_snapshots, trading.system_logs
  TO wyckoff_worker;
-- For retention on editions without retention policies.
GRANT DELETE ON trading.orders, trading.trades, trading.portfolio_snapshots, trading.system_logs TO wyckoff_worker;
