CREATE FUNCTION market.overview()
RETURNS TABLE (
  ticker_id int,
  symbol varchar,
  name varchar,
  timeframe text,
  "timestamp" timestamptz,
  price numeric,
  price_24h_ago numeric,
  change_24h numeric,
  change_24h_pct numeric,
  high_24h numeric,
  low_24h numeric,
  volume_24h numeric,
  refreshed_at timestamptz
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
  t record;
  last record;
  before record;
  reference timestamptz;
BEGIN
  refreshed_at := now();
  FOR t IN SELECT id, x.symbol, x.name, timezone FROM market.tickers x WHERE is_active ORDER BY id LOOP
    SELECT * INTO last FROM market.last_bar(t.id, t.timezone, refreshed_at, false);
    CONTINUE WHEN last.timestamp IS NULL;
    -- 24 hours before the price was known. For a daily bar: the start of its session, 23 or 25 hours earlier when the clocks change.
    reference := CASE last.timeframe
      WHEN '1d' THEN (last.timestamp AT TIME ZONE 'UTC') AT TIME ZONE t.timezone
      ELSE least(last.known_at, refreshed_at) - interval '24 hours'
    END;
    SELECT * INTO before FROM market.last_bar(t.id, t.timezone, reference, true);
    EXECUTE format(
      'SELECT max(high), min(low), sum(volume) FROM market.%I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp <= $3',
      'bars_' || last.timeframe)
      INTO high_24h, low_24h, volume_24h
      USING t.id, CASE last.timeframe WHEN '1d' THEN last.timestamp ELSE reference END, last.timestamp;
    ticker_id := t.id;
    symbol := t.symbol;
    name := t.name;
    timeframe := last.timeframe;
    "timestamp" := last.timestamp;
    price := last.close;
    price_24h_ago := before.close;
    change_24h := last.close - before.close;
    change_24h_pct := CASE WHEN before.close > 0 THEN round(100 * (last.close - before.close) / before.close, 4) END;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION market.overview() IS 'The rows of market_overview as of now.';
