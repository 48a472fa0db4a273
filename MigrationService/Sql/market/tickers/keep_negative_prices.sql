CREATE FUNCTION market.keep_negative_prices() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  frame text;
  bar record;
BEGIN
  -- Writers of bars hold FOR KEY SHARE, so from here on none is at work, and the next one reads the new value.
  PERFORM FROM market.tickers WHERE id = OLD.id FOR UPDATE;
  FOREACH frame IN ARRAY ARRAY['1d', '4h', '1h', '30m', '15m', '5m', '1m'] LOOP
    EXECUTE format('SELECT timestamp, low, vwap FROM market.%I WHERE ticker_id = $1 AND (low <= 0 OR vwap < 0) LIMIT 1', 'bars_' || frame)
      INTO bar
      USING OLD.id;
    IF bar.timestamp IS NOT NULL THEN
      RAISE EXCEPTION '% has bars with zero or negative prices, such as the % bar at % with low %.',
          OLD.symbol, frame, bar.timestamp, bar.low
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tickers_allows_negative',
          HINT = 'Delete these bars before you set allows_negative to false.';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION market.keep_negative_prices() IS
  'Trigger: a ticker that has bars with zero or negative prices keeps allowing them. Reads all bars of the ticker.';
REVOKE EXECUTE ON FUNCTION market.keep_negative_prices() FROM PUBLIC;
