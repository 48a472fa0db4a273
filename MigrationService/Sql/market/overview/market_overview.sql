CREATE MATERIALIZED VIEW market.market_overview AS SELECT * FROM market.overview();
COMMENT ON MATERIALIZED VIEW market.market_overview IS
  'Every active ticker that has bars, with its price and the change against 24 hours before. Refreshed by market.refresh_overview().';
COMMENT ON COLUMN market.market_overview.timeframe IS 'Timeframe of the bar whose close is the price.';
COMMENT ON COLUMN market.market_overview.price_24h_ago IS 'The last close known 24 hours before the price; NULL when there is none.';
COMMENT ON COLUMN market.market_overview.change_24h_pct IS
  'change_24h in percent of price_24h_ago; NULL when that price is zero or negative, of which a percentage means nothing.';
COMMENT ON COLUMN market.market_overview.volume_24h IS
  'Volume of the same 24 hours as high_24h and low_24h; for a daily bar, of its session.';
CREATE UNIQUE INDEX idx_market_overview_symbol ON market.market_overview (symbol);
GRANT SELECT ON market.market_overview TO wyckoff_app, wyckoff_worker, wyckoff_reader;
