CREATE FUNCTION market.verify_orphans() RETURNS TABLE (table_name text, ticker_id int, rows bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT 'bars_1m'::text, x.ticker_id, count(*)
    FROM market.bars_1m x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_5m'::text, x.ticker_id, count(*)
    FROM market.bars_5m x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_15m'::text, x.ticker_id, count(*)
    FROM market.bars_15m x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_30m'::text, x.ticker_id, count(*)
    FROM market.bars_30m x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_1h'::text, x.ticker_id, count(*)
    FROM market.bars_1h x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_4h'::text, x.ticker_id, count(*)
    FROM market.bars_4h x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_1d'::text, x.ticker_id, count(*)
    FROM market.bars_1d x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'indicators'::text, x.ticker_id, count(*)
    FROM market.indicators x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'computed_features'::text, x.ticker_id, count(*)
    FROM market.computed_features x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bar_changes'::text, x.ticker_id, count(*)
    FROM market.bar_changes x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'alternative_bars'::text, x.ticker_id, count(*)
    FROM market.alternative_bars x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
  UNION ALL
  SELECT 'sync_payloads'::text, x.ticker_id, count(*)
    FROM market.sync_payloads x
   WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id)
   GROUP BY x.ticker_id
$$;
COMMENT ON FUNCTION market.verify_orphans() IS
  'Rows whose ticker does not exist, in the tables without a foreign key to tickers. A consistent database has none. Reads these tables '
  'completely.';
