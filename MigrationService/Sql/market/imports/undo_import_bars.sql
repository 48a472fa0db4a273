CREATE FUNCTION market.undo_import_bars(import bigint, ticker int, timeframe text, since timestamptz, until timestamptz)
RETURNS TABLE (changed_timeframe text, version bigint, changed tstzrange)
LANGUAGE plpgsql SET search_path = pg_catalog SET enable_nestloop = off AS $$
DECLARE
  frame CONSTANT text := market.timeframe(timeframe);
  -- In hours: a day in the time zone of the session may have 23 or 25.
  width CONSTANT interval := make_interval(secs => extract(epoch FROM market.timeframe_width(frame))::double precision);
  piece CONSTANT tstzmultirange := tstzmultirange(tstzrange(since, until));
  options CONSTANT jsonb := (SELECT i.options FROM market.import_batches i WHERE i.id = import);
  removed bigint;
  restored bigint;
  gone tstzrange;
  touched tstzrange;
BEGIN
  PERFORM market.lock_ticker(ticker);
  IF to_regclass('pg_temp.remaining_bars') IS NULL THEN
    CREATE TEMPORARY TABLE remaining_bars ON COMMIT DELETE ROWS AS
      SELECT timestamp, open, high, low, close, volume, trade_count, vwap, source, import_id FROM market.alternative_bars WITH NO DATA;
  END IF;
  TRUNCATE pg_temp.remaining_bars;

  -- Stored bars of the import. What remains of a bar is what the other imports would have made of it in their order: the value of the last
  -- one that replaces, otherwise of the first one. What was stored before any import comes first.
  EXECUTE format($query$
    WITH mine AS MATERIALIZED (
      SELECT timestamp, open, high, low, close, volume, trade_count, vwap
        FROM market.%1$I
       WHERE ticker_id = $2 AND timestamp >= $4 AND timestamp < $5 AND import_id = $1
    ), claims AS (
      -- One row per bar, so that they are joined by hash.
      SELECT c.import_id, w.seq, i.policy = 'replace' AS replaces, i.source, timestamp
        FROM market.import_claims c
        JOIN market.import_windows w USING (import_id, ticker_id, timeframe)
        JOIN market.import_batches i ON i.id = c.import_id
       CROSS JOIN LATERAL unnest(c.ranges * $7) r
       CROSS JOIN LATERAL generate_series(lower(r), upper(r) - $6, $6) timestamp
       WHERE c.holder_id = $1 AND c.ticker_id = $2 AND c.timeframe = $3
    ), claimed AS MATERIALIZED (
      SELECT m.*, c.source, c.import_id, c.seq, c.replaces
        FROM mine m
        JOIN claims c ON c.timestamp = m.timestamp
    ), candidates AS (
      SELECT *, true AS is_claim FROM claimed
      UNION ALL
      SELECT a.timestamp, a.open, a.high, a.low, a.close, a.volume, a.trade_count, a.vwap, a.source, a.import_id,
             coalesce(w.seq, 0), coalesce(i.policy = 'replace', false), false
        FROM market.alternative_bars a
        JOIN mine m ON m.timestamp = a.timestamp
        LEFT JOIN market.import_windows w
          ON w.import_id = a.import_id AND w.ticker_id = a.ticker_id AND w.timeframe = a.timeframe
        LEFT JOIN market.import_batches i ON i.id = a.import_id
       WHERE a.ticker_id = $2 AND a.timeframe = $3 AND a.timestamp >= $4 AND a.timestamp < $5
         AND a.import_id IS DISTINCT FROM $1
    ), remaining AS MATERIALIZED (
      SELECT DISTINCT ON (timestamp) *
        FROM candidates
       ORDER BY timestamp, replaces DESC, CASE WHEN replaces THEN -seq ELSE seq END
    ), not_stored AS (
      INSERT INTO market.alternative_bars (
        ticker_id, timeframe, timestamp, import_id, open, high, low, close, volume, trade_count, vwap, source)
      SELECT $2, $3, c.timestamp, c.import_id, c.open, c.high, c.low, c.close, c.volume, c.trade_count, c.vwap, c.source
        FROM claimed c
        JOIN remaining r ON r.timestamp = c.timestamp
       WHERE NOT (r.is_claim AND r.import_id = c.import_id)
      ON CONFLICT DO NOTHING
    ), stored_again AS (
      DELETE FROM market.alternative_bars a
       USING remaining r
       WHERE NOT r.is_claim AND a.ticker_id = $2 AND a.timeframe = $3 AND a.timestamp >= $4 AND a.timestamp < $5
         AND a.timestamp = r.timestamp AND a.import_id IS NOT DISTINCT FROM r.import_id
    ), replaced_anew AS (
      -- What the import had replaced is now replaced by the import that has the bar.
      UPDATE market.alternative_bars a
         SET replaced_by = r.import_id
        FROM remaining r
       WHERE a.ticker_id = $2 AND a.timeframe = $3 AND a.timestamp >= $4 AND a.timestamp < $5
         AND a.timestamp = r.timestamp AND a.replaced_by = $1
         AND (r.is_claim OR a.import_id IS DISTINCT FROM r.import_id)
    )
    INSERT INTO pg_temp.remaining_bars
    SELECT timestamp, open, high, low, close, volume, trade_count, vwap, source, import_id FROM remaining
    $query$, 'bars_' || frame)
    USING import, ticker, frame, since, until, width, piece;

  -- One statement each: two parts of one statement must not change the same compressed chunk.
  EXECUTE format($query$
    UPDATE market.%I b
       SET open = r.open, high = r.high, low = r.low, close = r.close, volume = r.volume,
           trade_count = r.trade_count, vwap = r.vwap, source = r.source, import_id = r.import_id
      FROM pg_temp.remaining_bars r
     WHERE b.ticker_id = $1 AND b.timestamp >= $2 AND b.timestamp < $3 AND b.timestamp = r.timestamp
    $query$, 'bars_' || frame)
    USING ticker, since, until;
  GET DIAGNOSTICS restored = ROW_COUNT;
  EXECUTE format($query$
    WITH removed AS (
      DELETE FROM market.%I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3 AND import_id = $4 RETURNING timestamp
    )
    SELECT count(*), CASE WHEN count(*) > 0 THEN tstzrange(min(timestamp), max(timestamp) + $5) END FROM removed
    $query$, 'bars_' || frame)
    INTO removed, gone
    USING ticker, since, until, import, width;
  SELECT range_merge(coalesce(gone, r), r)
    INTO touched
    FROM (SELECT tstzrange(min(timestamp), max(timestamp) + width) AS r FROM pg_temp.remaining_bars HAVING count(*) > 0) remaining;
  touched := coalesce(touched, gone);

  -- Values of the import that another one replaced. An import that had found them stored keeps them as its own.
  INSERT INTO market.alternative_bars (
    ticker_id, timeframe, timestamp, import_id, replaced_by, open, high, low, close, volume, trade_count, vwap, source)
  SELECT a.ticker_id, a.timeframe, a.timestamp, c.import_id, a.replaced_by, a.open, a.high, a.low, a.close, a.volume, a.trade_count,
         a.vwap, i.source
    FROM market.alternative_bars a
    JOIN (
      SELECT k.import_id, claimed
        FROM market.import_claims k
       CROSS JOIN LATERAL unnest(k.ranges * piece) r
       CROSS JOIN LATERAL generate_series(lower(r), upper(r) - width, width) claimed
       WHERE k.holder_id = import AND k.ticker_id = ticker AND k.timeframe = frame
    ) c ON c.claimed = a.timestamp
    JOIN market.import_batches i ON i.id = c.import_id
   WHERE a.ticker_id = ticker AND a.timeframe = frame AND a.timestamp >= since AND a.timestamp < until AND a.import_id = import
  ON CONFLICT DO NOTHING;
  -- What the import had replaced there is now replaced by the other one.
  UPDATE market.alternative_bars a
     SET replaced_by = own.replaced_by
    FROM market.alternative_bars own
   WHERE a.ticker_id = ticker AND a.timeframe = frame AND a.timestamp >= since AND a.timestamp < until AND a.replaced_by = import
     AND own.ticker_id = ticker AND own.timeframe = frame AND own.timestamp >= since AND own.timestamp < until
     AND own.import_id = import AND own.timestamp = a.timestamp;
  DELETE FROM market.alternative_bars a
   WHERE a.ticker_id = ticker AND a.timeframe = frame AND a.timestamp >= since AND a.timestamp < until AND a.import_id = import;
  IF touched IS NULL THEN
    RETURN;
  END IF;

  UPDATE market.import_batches i
     SET bars_removed = i.bars_removed + removed,
         bars_restored = i.bars_restored + restored,
         heartbeat_at = clock_timestamp()
   WHERE i.id = import;
  IF gone IS NOT NULL THEN
    -- A provider that was asked before has to be asked again.
    UPDATE market.sync_coverage s
       SET covered = s.covered - tstzmultirange(gone)
     WHERE s.ticker_id = ticker AND s.timeframe = frame AND s.source <> 'import' AND s.covered && gone;
    IF frame <> '1m' AND options->>'rollUps' IS DISTINCT FROM 'false' THEN
      touched := range_merge(touched, coalesce(market.aggregate_bars(ticker, frame, lower(gone), upper(gone)), touched));
    END IF;
  END IF;

  changed_timeframe := frame;
  changed := touched;
  IF options->>'derived' IS DISTINCT FROM 'false' THEN
    changed := range_merge(touched, coalesce(market.rederive(ticker, frame, touched), touched));
  END IF;
  version := market.record_change(ticker, frame, changed);
  RETURN NEXT;
  IF options->>'rollUps' IS DISTINCT FROM 'false' THEN
    RETURN QUERY SELECT r.rolled, r.version, r.changed FROM market.roll_up(ticker, frame, changed) r;
  END IF;
END $$;
COMMENT ON FUNCTION market.undo_import_bars(bigint, int, text, timestamptz, timestamptz) IS
  'Undoes an import for the bars of one window with since <= timestamp < until: a bar that still is what the import wrote gets the value '
  'that it has without the import, or is deleted. Derives fields, rolls up, records the changes and adds to the counts of the import. '
  'Returns the windows that changed.';
