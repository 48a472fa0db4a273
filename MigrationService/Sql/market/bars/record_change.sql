CREATE FUNCTION market.record_change(ticker_id int, timeframe text, range tstzrange) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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
COMMENT ON FUNCTION market.record_change(int, text, tstzrange) IS
  'To be called in the transaction that changed bars, once per ticker and timeframe: counts the version up and keeps which bars changed. Gives the new version.';
