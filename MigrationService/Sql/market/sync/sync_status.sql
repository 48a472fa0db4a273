CREATE VIEW market.sync_status AS
SELECT DISTINCT ON (l.ticker_id, l.timeframe)
       l.ticker_id, t.symbol, l.timeframe, l.source, l.status, l.started_at, l.last_sync_at,
       l.first_synced_timestamp, l.last_synced_timestamp, l.bars_fetched, l.total_bars, l.error_message, l.id
  FROM market.data_sync_log l
  JOIN market.tickers t ON t.id = l.ticker_id
 ORDER BY l.ticker_id, l.timeframe, l.last_sync_at DESC, l.id DESC;
COMMENT ON VIEW market.sync_status IS 'The latest run in data_sync_log per ticker and timeframe.';
GRANT SELECT ON market.sync_status TO wyckoff_app, wyckoff_worker, wyckoff_reader;
