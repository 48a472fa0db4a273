CREATE FUNCTION market.record_change(ticker_id int, timeframe text, range tstzrange) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  frame CONSTANT text := market.timeframe(record_change.timeframe);
  first CONSTANT timestamptz := lower(record_change.range);
  after CONSTANT timestamptz := upper(record_change.range)
    + CASE WHEN upper_inc(record_change.range) THEN interval '1 microsecond' ELSE interval '0' END;
  -- A caller may not know exactly which bars it changed; then a bound is infinite or missing.
  bounded CONSTANT boolean := coalesce(isfinite(first) AND isfinite(after), false);
  counted bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(market.window_lock(record_change.ticker_id, frame));
  INSERT INTO market.bar_windows AS w (ticker_id, timeframe, version, since, until)
  VALUES (record_change.ticker_id, frame, 1, CASE WHEN bounded THEN first END, CASE WHEN bounded THEN after END)
    -- NULL bounds mean that the range of the stored bars is unknown, and it stays unknown.
    ON CONFLICT (ticker_id, timeframe) DO UPDATE
      SET version = w.version + 1,
          changed_at = clock_timestamp(),
          since = CASE WHEN bounded AND w.since IS NOT NULL THEN least(w.since, first) END,
          until = CASE WHEN bounded AND w.until IS NOT NULL THEN greatest(w.until, after) END
    RETURNING w.version INTO counted;
  INSERT INTO market.bar_changes (ticker_id, timeframe, version, range)
  VALUES (record_change.ticker_id, frame, counted, record_change.range);
  RETURN counted;
END $$;
COMMENT ON FUNCTION market.record_change(int, text, tstzrange) IS
  'Increments the version of a window and records which bars changed. Call it in the transaction that changed the bars, once per ticker '
  'and timeframe. Returns the new version.';
