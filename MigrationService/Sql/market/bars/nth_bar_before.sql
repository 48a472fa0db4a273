CREATE FUNCTION market.nth_bar_before(ticker int, timeframe text, instant timestamptz, n int) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
  span interval := market.timeframe_width(timeframe) * n * 4;
  since timestamptz;
  found int;
  oldest timestamptz;
BEGIN
  -- Planning dominates the cost of this query, and it visits every chunk within the bounds. So start with a short span and widen it
  -- until it holds enough bars.
  LOOP
    since := CASE WHEN span < interval '6 years' AND isfinite(instant) THEN instant - span ELSE '-infinity' END;
    EXECUTE format(
      'SELECT count(*), min(timestamp)
         FROM (
           SELECT timestamp
             FROM market.%I
            WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3
            ORDER BY timestamp DESC LIMIT $4) b',
      'bars_' || timeframe)
      INTO found, oldest USING ticker, since, instant, n;
    IF found = n OR NOT isfinite(since) THEN
      RETURN coalesce(oldest, instant);
    END IF;
    span := span * 8;
  END LOOP;
END $$;
COMMENT ON FUNCTION market.nth_bar_before(int, text, timestamptz, int) IS
  'The time of the n-th bar before an instant, of the oldest bar if there are fewer, or the instant if there is none.';
