-- Prevents look-ahead. The CHECK on the table covers intraday bars by their width. A daily bar closes at midnight in the time zone of its
-- ticker, if the ticker exists.
CREATE FUNCTION wyckoff.check_detection_time() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  closed timestamptz := (
    SELECT ((NEW.pattern_bar_timestamp AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE t.timezone
      FROM market.tickers t
     WHERE t.symbol = NEW.symbol);
BEGIN
  IF NEW.detection_time < closed THEN
    RAISE check_violation USING
      MESSAGE = format('the daily bar of %s closes at %s: nothing in it was known at %s', NEW.symbol, closed, NEW.detection_time),
      SCHEMA = 'wyckoff', TABLE = 'patterns', CONSTRAINT = 'chk_patterns_detection_time';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION wyckoff.check_detection_time() IS
  'Trigger: a pattern in daily bars is not known before the next midnight in the time zone of its ticker.';
