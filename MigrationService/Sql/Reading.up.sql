-- As before, and when.

CREATE OR REPLACE FUNCTION market.record_change(ticker_id int, timeframe text, range tstzrange) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  frame CONSTANT text := market.timeframe(record_change.timeframe);
  first CONSTANT timestamptz := lower(record_change.range);
  after CONSTANT timestamptz := upper(record_change.range) + CASE WHEN upper_inc(record_change.range) THEN interval '1 microsecond' ELSE interval '0' END;
  -- Somebody may have changed bars without saying exactly which.
  bounded CONSTANT boolean := coalesce(isfinite(first) AND isfinite(after), false);
  counted bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(market.window_lock(record_change.ticker_id, frame));
  INSERT INTO market.bar_windows AS w (ticker_id, timeframe, version, since, until) VALUES (record_change.ticker_id, frame, 1, CASE WHEN bounded THEN first END, CASE WHEN bounded THEN after END)
    -- What nobody has kept count of stays unknown.
    ON CONFLICT (ticker_id, timeframe) DO UPDATE
      SET version = w.version + 1,
          changed_at = clock_timestamp(),
          since = CASE WHEN bounded AND w.since IS NOT NULL THEN least(w.since, first) END,
          until = CASE WHEN bounded AND w.until IS NOT NULL THEN greatest(w.until, after) END
    RETURNING w.version INTO counted;
  INSERT INTO market.bar_changes (ticker_id, timeframe, version, range) VALUES (record_change.ticker_id, frame, counted, record_change.range);
  RETURN counted;
END $$;

-- As before, ticker by ticker: only a condition on a constant is one that compressed chunks can be filtered by, and all of them would be unpacked for any other.
CREATE OR REPLACE FUNCTION market.remove_bars_of_tickers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  rows text;
  ticker int;
BEGIN
  FOREACH rows IN ARRAY ARRAY[
    'bars_1m', 'bars_5m', 'bars_15m', 'bars_30m', 'bars_1h', 'bars_4h', 'bars_1d',
    'indicators', 'computed_features', 'bar_changes', 'sync_payloads'] LOOP
    FOR ticker IN SELECT id FROM removed LOOP
      EXECUTE format('DELETE FROM market.%I WHERE ticker_id = %s', rows, ticker);
    END LOOP;
  END LOOP;
  RETURN NULL;
END $$;
