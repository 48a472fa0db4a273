CREATE FUNCTION market.nth_bar_from(ticker int, timeframe text, instant timestamptz, n int) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
  span interval := market.timeframe_width(timeframe) * n * 4;
  until timestamptz;
  found int;
  newest timestamptz;
BEGIN
  IF NOT isfinite(instant) THEN
    RETURN instant;
  END IF;
  LOOP
    -- There are hardly any bars after today, so the span need not grow step by step there.
    until := CASE WHEN span < interval '6 years' AND instant + span < now() THEN instant + span ELSE 'infinity' END;
    EXECUTE format(
      'SELECT count(*), max(timestamp)
         FROM (
           SELECT timestamp
             FROM market.%I
            WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3
            ORDER BY timestamp LIMIT $4) b',
      'bars_' || timeframe)
      INTO found, newest USING ticker, instant, until, n;
    IF found = n THEN
      RETURN newest;
    ELSIF NOT isfinite(until) THEN
      RETURN until;
    END IF;
    span := span * 8;
  END LOOP;
END $$;
COMMENT ON FUNCTION market.nth_bar_from(int, text, timestamptz, int) IS
  'The time of the n-th bar at or after an instant, or infinity if there are fewer.';
