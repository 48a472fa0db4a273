GRANT USAGE ON SCHEMA prediction TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
GRANT SELECT ON
  prediction.markets, prediction.resolutions, prediction.price_snapshots, prediction.orderbook_snapshots,
  prediction.trades, prediction.trade_keys
  TO wyckoff_app, wyckoff_worker, wyckoff_reader;
GRANT INSERT, UPDATE, DELETE ON prediction.markets, prediction.resolutions TO wyckoff_app, wyckoff_worker;
-- These rows are facts: they are inserted and never changed. Retention removes old ones with the rights of the owner.
GRANT INSERT ON prediction.price_snapshots, prediction.orderbook_snapshots, prediction.trades TO wyckoff_app, wyckoff_worker;
