GRANT USAGE ON SCHEMA market TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  market.tickers, market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h, market.bars_1d,
  market.indicators, market.computed_features, market.indicator_windows, market.bar_windows, market.bar_changes,
  market.sync_coverage, market.data_sync_log, market.sync_payloads, market.import_batches, market.import_rejects, market.feeds, market.leases
  TO wyckoff_app, wyckoff_worker;
-- All of them but sync_payloads, which is what providers sent, as it came.
GRANT SELECT ON
  market.tickers, market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h, market.bars_1d,
  market.indicators, market.computed_features, market.indicator_windows, market.bar_windows, market.bar_changes,
  market.sync_coverage, market.data_sync_log, market.import_batches, market.import_rejects, market.feeds, market.leases
  TO wyckoff_reader;
-- A bar needs its ticker. Bars are written through ohlcv_bars, which keeps versions and derived fields true.
GRANT INSERT ON market.tickers TO wyckoff_console;
