CREATE VIEW market.ohlcv_bars AS
SELECT t.symbol, '1m'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap,
       b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_1m b
  JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '5m'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap,
       b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_5m b
  JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '15m'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap,
       b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_15m b
  JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '30m'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap,
       b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_30m b
  JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '1h'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap,
       b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_1h b
  JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '4h'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap,
       b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_4h b
  JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '1d'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap,
       b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_1d b
  JOIN market.tickers t ON t.id = b.ticker_id;
COMMENT ON VIEW market.ohlcv_bars IS
  'All bars as one table, for SQL clients. INSERT replaces an existing bar, except that an aggregated bar never replaces another kind; '
  'UPDATE and DELETE work as usual. At the end of the statement market.rederive computes the derived fields (also quality_score, '
  'whatever was given) and market.roll_up the coarser timeframes. Programs should read market.bars() or the tables, and write by COPY.';
COMMENT ON COLUMN market.ohlcv_bars.timeframe IS '1m, 5m, 15m, 30m, 1h, 4h or 1d. Writes accept aliases, conditions do not.';
COMMENT ON COLUMN market.ohlcv_bars.ticker_id IS 'Determined by symbol; a written value is ignored.';
ALTER VIEW market.ohlcv_bars ALTER COLUMN source SET DEFAULT 'manual';
CREATE TRIGGER prepare BEFORE INSERT OR UPDATE OR DELETE ON market.ohlcv_bars
  FOR EACH STATEMENT EXECUTE FUNCTION market.prepare_staged_bars();
CREATE TRIGGER stage INSTEAD OF INSERT OR UPDATE OR DELETE ON market.ohlcv_bars
  FOR EACH ROW EXECUTE FUNCTION market.stage_bar();
CREATE TRIGGER apply AFTER INSERT OR UPDATE OR DELETE ON market.ohlcv_bars
  FOR EACH STATEMENT EXECUTE FUNCTION market.apply_staged_bars();
GRANT SELECT, INSERT, UPDATE, DELETE ON market.ohlcv_bars TO wyckoff_app, wyckoff_worker, wyckoff_console;
GRANT SELECT ON market.ohlcv_bars TO wyckoff_reader;
