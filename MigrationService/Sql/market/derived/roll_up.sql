CREATE FUNCTION market.roll_up(ticker int, timeframe text, range tstzrange) RETURNS TABLE (rolled text, version bigint, changed tstzrange)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  frames CONSTANT text[] := ARRAY['1m', '5m', '15m', '30m', '1h', '4h'];
  start CONSTANT int := array_position(frames, market.timeframe(timeframe));
  zone CONSTANT text := (SELECT t.timezone FROM market.tickers t WHERE t.id = ticker);
  -- The range of changes of 1h or finer, which daily bars are built from. Four-hour bars do not contribute to days.
  touched tstzrange := range;
  finer tstzrange := range;
  width interval;
BEGIN
  IF start IS NULL OR zone IS NULL OR range IS NULL OR isempty(range) THEN
    RETURN;
  END IF;

  FOR i IN start + 1 .. array_length(frames, 1) LOOP
    width := market.timeframe_width(frames[i]);
    rolled := frames[i];
    changed := market.aggregate_bars(ticker, rolled,
      date_bin(width, lower(finer), 'epoch'),
      date_bin(width, upper(finer) - interval '1 microsecond', 'epoch') + width);
    EXIT WHEN changed IS NULL;
    version := market.record_change(ticker, rolled, changed);
    RETURN NEXT;
    finer := changed;
    IF rolled <> '4h' THEN
      touched := range_merge(touched, changed);
    END IF;
  END LOOP;

  IF frames[start] = '4h' THEN
    RETURN;
  END IF;
  rolled := '1d';
  changed := market.aggregate_bars(ticker, rolled,
    date_trunc('day', lower(touched) AT TIME ZONE zone) AT TIME ZONE 'UTC',
    date_trunc('day', (upper(touched) - interval '1 microsecond') AT TIME ZONE zone) AT TIME ZONE 'UTC' + interval '1 day');
  IF changed IS NOT NULL THEN
    version := market.record_change(ticker, rolled, changed);
    RETURN NEXT;
  END IF;
END $$;
COMMENT ON FUNCTION market.roll_up(int, text, tstzrange) IS
  'Rebuilds every coarser bar that depends on the range, derives its fields and records the change. Call it in the transaction that '
  'changed bars of a timeframe, while it holds the locks of the ticker (market.lock_ticker). Returns the timeframes that changed. '
  'BarRollUp in C# computes the same for rows that are copied into the tables.';
