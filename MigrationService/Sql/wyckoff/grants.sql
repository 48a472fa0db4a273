GRANT USAGE ON SCHEMA wyckoff TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
GRANT SELECT ON
  wyckoff.trading_ranges, wyckoff.patterns, wyckoff.signals, wyckoff.signal_status_log, wyckoff.campaigns,
  wyckoff.positions, wyckoff.allocation_plans,
  wyckoff.exit_rules, wyckoff.exit_orders, wyckoff.campaign_metrics, wyckoff.watchlist, wyckoff.backtest_results
  TO wyckoff_app, wyckoff_worker, wyckoff_reader;
-- All of these except signal_status_log, which only wyckoff.log_signal_status writes.
GRANT INSERT, UPDATE, DELETE ON
  wyckoff.trading_ranges, wyckoff.patterns, wyckoff.signals, wyckoff.campaigns, wyckoff.positions, wyckoff.allocation_plans,
  wyckoff.exit_rules, wyckoff.exit_orders, wyckoff.campaign_metrics, wyckoff.watchlist, wyckoff.backtest_results
  TO wyckoff_app, wyckoff_worker;
