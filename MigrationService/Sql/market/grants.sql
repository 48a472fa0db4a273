GRANT USAGE ON SCHEMA market TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  market.tickers, market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h, market.bars_1d,
  market.indicators, market.computed_features, market.indicator_windows, market.bar_windows, market.bar_changes,
  market.sync_coverage, market.data_sync_log, market.sync_payloads, market.import_batches, market.import_rejects,
  market.import_windows, market.import_claims, market.alternative_bars, market.feeds, market.leases
  TO wyckoff_app, wyckoff_worker;
-- All of these except sync_payloads, which holds the raw responses of providers.
GRANT SELECT ON
  market.tickers, market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h, market.bars_1d,
  market.indicators, market.computed_features, market.indicator_windows, market.bar_windows, market.bar_changes,
  market.sync_coverage, market.data_sync_log, market.import_batches, market.import_rejects, market.import_windows,
  market.import_claims, market.alternative_bars, market.feeds, market.leases
  TO wyckoff_reader;
-- People in psql add tickers here and write bars through ohlcv_bars, which maintains versions and derived fields.
GRANT INSERT ON market.tickers TO wyckoff_console;
