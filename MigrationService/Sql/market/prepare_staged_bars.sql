-- The row triggers only set rows aside; the statement trigger then takes the locks in order, writes them set by set, derives, and records the change.
CREATE FUNCTION market.prepare_staged_bars() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF to_regclass('pg_temp.staged_bars') IS NULL THEN
    -- No constraints: the table they are for judges.
    CREATE TEMPORARY TABLE staged_bars (
      op text, symbol text, timeframe text, timestamp timestamptz, open numeric, high numeric, low numeric, close numeric, volume numeric, trade_count int, vwap numeric,
      source varchar, quality_score numeric, created_at timestamptz, ticker_id int, seq bigint GENERATED ALWAYS AS IDENTITY
    ) ON COMMIT DELETE ROWS;
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION market.prepare_staged_bars() IS 'First step of a write through ohlcv_bars: a place to set rows aside.';
