CREATE FUNCTION market.last_bar(
  ticker int,
  zone text,
  instant timestamptz,
  closed boolean,
  OUT timeframe text,
  OUT "timestamp" timestamptz,
  OUT close numeric,
  OUT known_at timestamptz
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
  frame text;
  width interval;
  best timestamptz;
  bar record;
BEGIN
  FOREACH frame IN ARRAY ARRAY['1m', '5m', '15m', '30m', '1h', '4h', '1d'] LOOP
    width := market.timeframe_width(frame);
    EXECUTE format(
      'SELECT b.timestamp, b.close, %s AS known_at
         FROM market.%I b
        WHERE b.ticker_id = $1 AND b.timestamp >= $2 AND b.timestamp <= $3 AND (NOT $4 OR %1$s <= $3)
        ORDER BY b.timestamp DESC LIMIT 1',
      CASE frame WHEN '1d' THEN '(b.timestamp AT TIME ZONE ''UTC'' + $6) AT TIME ZONE $5' ELSE 'b.timestamp + $6' END,
      'bars_' || frame)
      INTO bar
      USING
        ticker,
        CASE
          WHEN frame = '1d' THEN '-infinity'
          WHEN width < interval '1 hour' THEN instant - interval '14 days'
          ELSE instant - interval '400 days'
        END,
        instant, closed, zone, width;
    -- A coarser bar wins only if it is later.
    IF bar.timestamp IS NOT NULL AND (best IS NULL OR CASE WHEN closed THEN bar.known_at ELSE bar.timestamp END > best) THEN
      best := CASE WHEN closed THEN bar.known_at ELSE bar.timestamp END;
      timeframe := frame;
      "timestamp" := bar.timestamp;
      close := bar.close;
      known_at := bar.known_at;
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION market.last_bar(int, text, timestamptz, boolean) IS
  'The last bar that began (or closed) by an instant; of several equally recent ones, the bar of the finest timeframe. Looks back 14 '
  'days for bars under an hour, 400 days for 1h and 4h, without limit for 1d.';
