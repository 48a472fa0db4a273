CREATE MATERIALIZED VIEW market.market_overview AS SELECT * FROM market.overview();
COMMENT ON MATERIALIZED VIEW market.market_overview IS 'Every active ticker with bars: its price, against that of 24 hours before (not of the bar before). Refreshed by market.refresh_overview().';
COMMENT ON COLUMN market.market_overview.timeframe IS 'Of the bar the price is the close of.';
COMMENT ON COLUMN market.market_overview.price_24h_ago IS 'The last close known 24 hours before the price was; NULL when there is none.';
COMMENT ON COLUMN market.market_overview.volume_24h IS 'Of the same 24 hours as high_24h and low_24h; the session for a daily bar.';
CREATE UNIQUE INDEX idx_market_overview_symbol ON market.market_overview (symbol);
GRANT SELECT ON market.market_overview TO wyckoff_app, wyckoff_worker, wyckoff_reader;
