CREATE FUNCTION market.apply_staged_bars() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  w record;
  n bigint;
  written tstzrange;
BEGIN
  -- A statement with data-modifying CTEs may fire this trigger several times. The first call handles all staged rows.
  IF NOT EXISTS (SELECT FROM pg_temp.staged_bars) THEN
    RETURN NULL;
  END IF;

  -- The timestamp of a daily bar is its session date at 00:00 UTC. Most sources use midnight in the ticker's time zone instead.
  UPDATE pg_temp.staged_bars s
     SET ticker_id = t.id,
         timestamp = CASE
           WHEN s.timeframe = '1d' AND date_trunc('day', s.timestamp, 'UTC') <> s.timestamp
             THEN date_trunc('day', s.timestamp AT TIME ZONE t.timezone) AT TIME ZONE 'UTC'
           ELSE s.timestamp
         END
    FROM market.tickers t
   WHERE s.op IN ('insert', 'new') AND t.symbol = upper(btrim(s.symbol));
  SELECT s.symbol INTO w FROM pg_temp.staged_bars s WHERE s.ticker_id IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'There is no ticker ''%'': a symbol of market.tickers is expected.', coalesce(w.symbol, 'NULL')
      USING ERRCODE = 'foreign_key_violation', HINT = 'Add it to market.tickers first.';
  END IF;

  IF EXISTS (SELECT FROM pg_temp.staged_bars OFFSET 500) THEN
    -- Autovacuum does not analyze temporary tables, and without statistics the joins below are planned for one row.
    ANALYZE pg_temp.staged_bars;
  END IF;

  PERFORM FROM market.tickers t WHERE t.id IN (SELECT s.ticker_id FROM pg_temp.staged_bars s) ORDER BY t.id FOR KEY SHARE;
  SELECT s.symbol, s.timeframe, s.timestamp, p.field, trim_scale(p.price) AS price INTO w
    FROM pg_temp.staged_bars s
    JOIN market.tickers t ON t.id = s.ticker_id AND NOT t.allows_negative
   CROSS JOIN LATERAL (
     VALUES (1, 'open', s.open), (2, 'high', s.high), (3, 'low', s.low), (4, 'close', s.close), (5, 'vwap', s.vwap)) p (n, field, price)
   WHERE s.op IN ('insert', 'new') AND least(s.open, s.high, s.low, s.close, s.vwap) <= 0 AND p.price <= 0
   ORDER BY s.seq, p.n
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The % bar of % at %: % %: more than 0 is expected, because the ticker does not allow negative prices.',
        w.timeframe, w.symbol, w.timestamp, w.field, w.price
      USING ERRCODE = 'check_violation', COLUMN = w.field,
        HINT = 'Set allows_negative in market.tickers if zero and negative prices of this ticker are right.';
  END IF;

  -- Lock all timeframes of each ticker. A later statement of this transaction may write another timeframe, when the locks can no longer be
  -- taken in order.
  PERFORM market.lock_ticker(s.ticker_id) FROM (SELECT DISTINCT ticker_id FROM pg_temp.staged_bars ORDER BY ticker_id) s;

  FOR w IN
    SELECT s.op, s.ticker_id, s.timeframe, min(s.timestamp) AS first, max(s.timestamp) AS last, count(*) AS bars, min(s.symbol) AS symbol
      FROM pg_temp.staged_bars s
     WHERE s.op IN ('old', 'new', 'delete')
     GROUP BY s.op, s.ticker_id, s.timeframe
     ORDER BY s.op DESC
  LOOP
    -- An aggregated bar is replaced by a bar that an UPDATE moves to its time.
    EXECUTE format($query$
      DELETE FROM market.%I b
       USING pg_temp.staged_bars s
       WHERE s.op = $1 AND s.ticker_id = $2 AND s.timeframe = $3
         AND b.ticker_id = $2 AND b.timestamp = s.timestamp AND b.timestamp BETWEEN $4 AND $5
         AND CASE $1
           WHEN 'old' THEN (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.source, b.quality_score, b.created_at)
             IS NOT DISTINCT FROM (s.open, s.high, s.low, s.close, s.volume, s.trade_count, s.vwap, s.source, s.quality_score, s.created_at)
           WHEN 'new' THEN b.source = 'aggregated' AND s.source IS DISTINCT FROM 'aggregated'
           ELSE true
         END
      $query$, 'bars_' || w.timeframe)
      USING w.op, w.ticker_id, w.timeframe, w.first, w.last;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF w.op = 'old' AND n < w.bars THEN
      -- The statement read the view before this function took the locks.
      RAISE EXCEPTION 'Bars of % % between % and % were changed by another transaction meanwhile.',
          w.symbol, w.timeframe, w.first, w.last
        USING ERRCODE = 'serialization_failure', HINT = 'Run the statement again.';
    ELSIF n > 0 THEN
      INSERT INTO pg_temp.staged_bars (op, ticker_id, timeframe, timestamp)
      VALUES ('written', w.ticker_id, w.timeframe, w.first), ('written', w.ticker_id, w.timeframe, w.last);
    END IF;
  END LOOP;

  -- An undo must not bring back a value that was stored before this statement. Aggregated rows replace no bar of an import.
  DELETE FROM market.alternative_bars a
   USING pg_temp.staged_bars s
   WHERE s.op <> 'written' AND NOT (s.op = 'insert' AND s.source = 'aggregated')
     AND a.ticker_id = s.ticker_id AND a.timeframe = s.timeframe AND a.timestamp = s.timestamp;

  FOR w IN
    SELECT DISTINCT s.timeframe, s.op
      FROM pg_temp.staged_bars s
     WHERE s.op IN ('insert', 'new')
     ORDER BY s.op DESC
  LOOP
    -- Of several inserted rows for one bar the last wins, as if they were written one by one, but an aggregated row loses to any other.
    -- An UPDATE that moves a bar onto another bar fails with a unique violation.
    EXECUTE format($query$
      WITH written AS (
        INSERT INTO market.%I AS b (
          ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap,
          source, quality_score, created_at, spread, spread_ratio, volume_ratio, low_history)
        SELECT %s s.ticker_id, s.timestamp, s.open, s.high, s.low, s.close, s.volume, s.trade_count, s.vwap,
               coalesce(s.source, 'manual'), s.quality_score, coalesce(s.created_at, now()), 0, 0, 0, false
          FROM pg_temp.staged_bars s
         WHERE s.op = $1 AND s.timeframe = $2
         ORDER BY s.ticker_id, s.timestamp, coalesce(s.source, 'manual') = 'aggregated', s.seq DESC
        %s
        RETURNING b.ticker_id, b.timestamp)
      INSERT INTO pg_temp.staged_bars (op, ticker_id, timeframe, timestamp)
      SELECT 'written', ticker_id, $2, unnest(ARRAY[min(timestamp), max(timestamp)])
        FROM written
       GROUP BY ticker_id
      $query$,
      'bars_' || w.timeframe,
      CASE w.op WHEN 'insert' THEN 'DISTINCT ON (s.ticker_id, s.timestamp)' END,
      CASE w.op WHEN 'insert' THEN '
        ON CONFLICT (ticker_id, timestamp) DO UPDATE
          SET open = EXCLUDED.open,
              high = EXCLUDED.high,
              low = EXCLUDED.low,
              close = EXCLUDED.close,
              volume = EXCLUDED.volume,
              trade_count = EXCLUDED.trade_count,
              vwap = EXCLUDED.vwap,
              source = EXCLUDED.source,
              import_id = NULL,
              quality_score = CASE EXCLUDED.source WHEN ''aggregated'' THEN EXCLUDED.quality_score ELSE b.quality_score END
          WHERE (b.source = ''aggregated'' OR EXCLUDED.source <> ''aggregated'')
            -- quality_score is compared only for aggregated bars. For others it is derived, and a given value is ignored.
            -- An equal row makes the bar of an import one of this statement, which an undo leaves alone.
            AND (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.source, b.import_id,
                CASE EXCLUDED.source WHEN ''aggregated'' THEN b.quality_score END)
              IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close,
                EXCLUDED.volume, EXCLUDED.trade_count, EXCLUDED.vwap, EXCLUDED.source, NULL,
                CASE EXCLUDED.source WHEN ''aggregated'' THEN EXCLUDED.quality_score END)' END)
      USING w.op, w.timeframe;
  END LOOP;

  FOR w IN
    SELECT s.ticker_id, s.timeframe, min(s.timestamp) AS first, max(s.timestamp) AS last
      FROM pg_temp.staged_bars s
     WHERE s.op = 'written'
     GROUP BY s.ticker_id, s.timeframe
     ORDER BY market.window_lock(s.ticker_id, s.timeframe)
  LOOP
    written := tstzrange(w.first, w.last + market.timeframe_width(w.timeframe));
    written := range_merge(
      written,
      coalesce(market.rederive(w.ticker_id, w.timeframe, tstzrange(w.first, w.last, '[]')), written));
    PERFORM market.record_change(w.ticker_id, w.timeframe, written);
    PERFORM market.roll_up(w.ticker_id, w.timeframe, written);
  END LOOP;

  TRUNCATE pg_temp.staged_bars;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION market.apply_staged_bars() IS
  'Last step of a write through ohlcv_bars: takes the locks, writes the staged bars, derives fields, records the change and rolls up.';
REVOKE EXECUTE ON FUNCTION market.apply_staged_bars() FROM PUBLIC;
