CREATE FUNCTION market.lock_ticker(ticker_id int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  frame text;
BEGIN
  FOREACH frame IN ARRAY ARRAY['1m', '5m', '15m', '30m', '1h', '4h', '1d'] LOOP
    PERFORM pg_advisory_xact_lock(market.window_lock(ticker_id, frame));
  END LOOP;
END $$;
COMMENT ON FUNCTION market.lock_ticker(int) IS
  'Takes the locks of all timeframes of a ticker in order, for a transaction that may write several of them.';
