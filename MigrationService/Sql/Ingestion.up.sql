-- What bars on their way in need: how far the stored ones reach, quality as a derived field, and coarser timeframes that follow.

-- How far bars reach -------------------------------------------------------------------------------------------------------------------------

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
          since = CASE WHEN bounded AND w.since IS NOT NULL THEN least(w.since, first) END,
          until = CASE WHEN bounded AND w.until IS NOT NULL THEN greatest(w.until, after) END
    RETURNING w.version INTO counted;
  INSERT INTO market.bar_changes (ticker_id, timeframe, version, range) VALUES (record_change.ticker_id, frame, counted, record_change.range);
  RETURN counted;
END $$;

DO $$
DECLARE
  frame text;
BEGIN
  FOREACH frame IN ARRAY ARRAY['1m', '5m', '15m', '30m', '1h', '4h', '1d'] LOOP
    EXECUTE format(
      'INSERT INTO market.bar_windows AS w (ticker_id, timeframe, version, since, until)
       SELECT ticker_id, %L, 1, min(timestamp), max(timestamp) + market.timeframe_width(%1$L) FROM market.%I GROUP BY ticker_id
       ON CONFLICT (ticker_id, timeframe) DO UPDATE SET since = EXCLUDED.since, until = EXCLUDED.until', frame, 'bars_' || frame);
  END LOOP;
END $$;

-- Quality ------------------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION market.bar_quality(missing boolean, move numeric, spreads numeric, bars bigint, volume numeric, spread numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT 1.00
       - CASE WHEN missing THEN 0.40 ELSE 0 END
       - CASE WHEN bars = 20 AND spreads > 0 AND 2 * abs(move) > spreads THEN 0.30 ELSE 0 END
       - CASE WHEN volume = 0 THEN 0.20 WHEN spread = 0 THEN 0.10 ELSE 0 END
$$;
COMMENT ON FUNCTION market.bar_quality(boolean, numeric, numeric, bigint, numeric, numeric) IS
  'Quality of a bar: 1 less 0.40 when bars are missing before it, 0.30 when it closes more than ten mean spreads of the 20 bars before away from the last close, 0.20 when nothing was traded or 0.10 when all of it at one price. BarDerivation in C# computes the same.';

CREATE OR REPLACE FUNCTION market.rederive(ticker int, timeframe text, range tstzrange) RETURNS tstzrange LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  frame CONSTANT text := market.timeframe(timeframe);
  first CONSTANT timestamptz := coalesce(lower(range), '-infinity');
  after CONSTANT timestamptz := coalesce(upper(range) + CASE WHEN upper_inc(range) THEN interval '1 microsecond' ELSE interval '0' END, 'infinity');
  width CONSTANT interval := market.timeframe_width(frame);
  zone CONSTANT text := coalesce((SELECT t.timezone FROM market.tickers t WHERE t.id = ticker), 'UTC');
  since timestamptz;
  until timestamptz;
  rewritten tstzrange;
BEGIN
  IF isempty(range) OR range IS NULL THEN
    RETURN NULL;
  END IF;

  PERFORM pg_advisory_xact_lock(market.window_lock(ticker, frame));
  since := market.nth_bar_before(ticker, frame, first, 20);
  until := market.nth_bar_from(ticker, frame, after, 20);
  -- The bounds are there twice so that the planner prunes both sides of the join. Bars are missing when the one before is of the same session and not adjacent; days, when more than a long weekend lies between.
  EXECUTE format($query$
    WITH history AS (
      SELECT timestamp, high - low AS spread, volume, count(*) OVER before AS bars, sum(high - low) OVER before AS spreads, sum(volume) OVER before AS volumes,
             close - lag(close) OVER ordered AS move, lag(timestamp) OVER ordered AS previous
        FROM market.%1$I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp <= $4
      WINDOW ordered AS (ORDER BY timestamp), before AS (ORDER BY timestamp ROWS BETWEEN 20 PRECEDING AND 1 PRECEDING)
    ), derived AS (
      SELECT timestamp, spread, market.bar_ratio(spread, spreads, bars) AS spread_ratio, market.bar_ratio(volume, volumes, bars) AS volume_ratio, bars < 20 AS low_history,
             market.bar_quality(%2$s, move, spreads, bars, volume, spread) AS quality
        FROM history WHERE timestamp >= $3
    ), rewritten AS (
      -- The quality of an aggregated bar is that of its worst part.
      UPDATE market.%1$I b SET spread = d.spread, spread_ratio = d.spread_ratio, volume_ratio = d.volume_ratio, low_history = d.low_history,
             quality_score = CASE b.source WHEN 'aggregated' THEN b.quality_score ELSE d.quality END
        FROM derived d
       WHERE b.ticker_id = $1 AND b.timestamp >= $3 AND b.timestamp <= $4 AND b.timestamp = d.timestamp
         AND (b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.quality_score)
           IS DISTINCT FROM (d.spread, d.spread_ratio, d.volume_ratio, d.low_history, CASE b.source WHEN 'aggregated' THEN b.quality_score ELSE d.quality END)
      RETURNING b.timestamp
    )
    SELECT tstzrange(min(timestamp), max(timestamp) + $5) FROM rewritten HAVING count(*) > 0
    $query$, 'bars_' || frame, CASE frame
      WHEN '1d' THEN 'timestamp - previous > interval ''4 days'''
      ELSE 'timestamp - previous > $5 AND (timestamp AT TIME ZONE $6)::date = (previous AT TIME ZONE $6)::date' END)
    INTO rewritten USING ticker, since, first, until, width, zone;
  RETURN rewritten;
END $$;
COMMENT ON FUNCTION market.rederive(int, text, tstzrange) IS
  'The definition of spread, spread_ratio, volume_ratio, low_history and quality_score: computes them for the bars in the range and the 20 after it, and rewrites those that differ. Gives the range of what it rewrote, NULL when nothing. BarDerivation in C# computes the same where rows are copied straight in.';

-- Coarser timeframes -------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION market.mean_price(turnover3 numeric, volume numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- turnover3 / (3 * volume), half away from zero to 8 places. div() is exact, so nothing is rounded twice.
  SELECT CASE WHEN volume > 0 THEN div(2 * turnover3 * 100000000 + 3 * volume, 6 * volume) * 0.00000001 END
$$;
COMMENT ON FUNCTION market.mean_price(numeric, numeric) IS 'Volume-weighted mean price, given three times the turnover (so that a typical price has no fraction) and the volume; NULL when nothing was traded.';

CREATE FUNCTION market.aggregate_bars(ticker int, timeframe text, since timestamptz, until timestamptz) RETURNS tstzrange LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  frame CONSTANT text := market.timeframe(timeframe);
  width CONSTANT interval := market.timeframe_width(frame);
  zone CONSTANT text := (SELECT t.timezone FROM market.tickers t WHERE t.id = ticker);
  parts CONSTANT text := $parts$
    (array_agg(open ORDER BY timestamp))[1] AS open, max(high) AS high, min(low) AS low, (array_agg(close ORDER BY timestamp DESC))[1] AS close, sum(volume) AS volume,
    CASE WHEN count(*) = count(trade_count) THEN least(sum(trade_count), 2147483647)::int END AS trade_count,
    market.mean_price(sum(coalesce(3 * vwap, high + low + close) * volume), sum(volume)) AS vwap, min(quality_score) AS quality_score
    $parts$;
  made text;
  changed tstzrange;
BEGIN
  PERFORM pg_advisory_xact_lock(market.window_lock(ticker, frame));
  IF frame = '1d' THEN
    -- Of each session, from the finest timeframe that has bars in as many of its hours as any has.
    made := format($query$
      SELECT DISTINCT ON (bucket) * FROM (
        SELECT *, max(hours) OVER (PARTITION BY bucket) AS most FROM (%s) every) covering
       WHERE hours = most ORDER BY bucket, rank
      $query$, (SELECT string_agg(format($query$
        SELECT %s AS rank, count(DISTINCT date_trunc('hour', timestamp, 'UTC')) AS hours, date_trunc('day', timestamp AT TIME ZONE $5) AT TIME ZONE 'UTC' AS bucket, %s
          FROM market.%I WHERE ticker_id = $1 AND timestamp >= $6 AT TIME ZONE $5 AND timestamp < $7 AT TIME ZONE $5 GROUP BY bucket
        $query$, rank, parts, 'bars_' || finer), ' UNION ALL ' ORDER BY rank) FROM unnest(ARRAY['1m', '5m', '15m', '30m', '1h']) WITH ORDINALITY f (finer, rank)));
  ELSE
    made := format($query$
      SELECT date_bin($4, timestamp, 'epoch') AS bucket, %s FROM market.%I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3 GROUP BY bucket
      $query$, parts, 'bars_' || CASE frame WHEN '5m' THEN '1m' WHEN '15m' THEN '5m' WHEN '30m' THEN '15m' WHEN '1h' THEN '30m' WHEN '4h' THEN '1h' END);
  END IF;

  EXECUTE format($query$
    WITH made AS (%1$s),
    gone AS (
      DELETE FROM market.%2$I b WHERE b.ticker_id = $1 AND b.timestamp >= $2 AND b.timestamp < $3 AND b.source = 'aggregated' AND NOT EXISTS (SELECT FROM made m WHERE m.bucket = b.timestamp)
      RETURNING b.timestamp),
    written AS (
      INSERT INTO market.%2$I AS b (ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, source, quality_score)
      SELECT $1, bucket, open, high, low, close, volume, trade_count, vwap, 0, 0, 0, false, 'aggregated', quality_score FROM made ORDER BY bucket
      ON CONFLICT (ticker_id, timestamp) DO UPDATE SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low, close = EXCLUDED.close, volume = EXCLUDED.volume,
          trade_count = EXCLUDED.trade_count, vwap = EXCLUDED.vwap, quality_score = EXCLUDED.quality_score
        WHERE b.source = 'aggregated'
          AND (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.quality_score)
            IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close, EXCLUDED.volume, EXCLUDED.trade_count, EXCLUDED.vwap, EXCLUDED.quality_score)
      RETURNING b.timestamp)
    SELECT tstzrange(min(timestamp), max(timestamp) + $4) FROM (SELECT timestamp FROM written UNION ALL SELECT timestamp FROM gone) w HAVING count(*) > 0
    $query$, made, 'bars_' || frame)
    INTO changed USING ticker, since, until, width, zone, since AT TIME ZONE 'UTC', until AT TIME ZONE 'UTC';
  RETURN range_merge(changed, coalesce(market.rederive(ticker, frame, changed), changed));
END $$;
COMMENT ON FUNCTION market.aggregate_bars(int, text, timestamptz, timestamptz) IS
  'Makes the bars of a timeframe with since <= timestamp < until anew from finer ones: intraday from the next finer timeframe, days (since and until are dates at 00:00 UTC) from the finest that covers the session. Only aggregated bars are touched. Gives the range of what changed, NULL when nothing.';

CREATE FUNCTION market.roll_up(ticker int, timeframe text, range tstzrange) RETURNS TABLE (rolled text, version bigint, changed tstzrange) LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  frames CONSTANT text[] := ARRAY['1m', '5m', '15m', '30m', '1h', '4h'];
  start CONSTANT int := array_position(frames, market.timeframe(timeframe));
  zone CONSTANT text := (SELECT t.timezone FROM market.tickers t WHERE t.id = ticker);
  -- What days depend on: any change of 1h or finer. A four-hour bar says nothing about a day.
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
    changed := market.aggregate_bars(ticker, rolled, date_bin(width, lower(finer), 'epoch'), date_bin(width, upper(finer) - interval '1 microsecond', 'epoch') + width);
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
    date_trunc('day', lower(touched) AT TIME ZONE zone) AT TIME ZONE 'UTC', date_trunc('day', (upper(touched) - interval '1 microsecond') AT TIME ZONE zone) AT TIME ZONE 'UTC' + interval '1 day');
  IF changed IS NOT NULL THEN
    version := market.record_change(ticker, rolled, changed);
    RETURN NEXT;
  END IF;
END $$;
COMMENT ON FUNCTION market.roll_up(int, text, tstzrange) IS
  'To be called in the transaction that changed bars of a timeframe, and with the lock of the ticker (market.lock_ticker): makes every coarser bar that depends on the range anew, derives, and records the change. Gives the timeframes that changed. BarRollUp in C# computes the same where rows are copied straight in.';

-- Writing through the view: as before, and coarser timeframes follow.

CREATE OR REPLACE FUNCTION market.apply_staged_bars() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  w record;
  n bigint;
  written tstzrange;
BEGIN
  -- One statement may write in several places (WITH …): whichever of its triggers comes first does all.
  IF NOT EXISTS (SELECT FROM pg_temp.staged_bars) THEN
    RETURN NULL;
  END IF;

  -- A daily bar is stamped with its session date at 00:00 UTC, whatever its source called it: midnight in the ticker's zone, as a rule.
  UPDATE pg_temp.staged_bars s
     SET ticker_id = t.id,
         timestamp = CASE WHEN s.timeframe = '1d' AND date_trunc('day', s.timestamp, 'UTC') <> s.timestamp THEN date_trunc('day', s.timestamp AT TIME ZONE t.timezone) AT TIME ZONE 'UTC' ELSE s.timestamp END
    FROM market.tickers t
   WHERE s.op IN ('insert', 'new') AND t.symbol = upper(btrim(s.symbol));
  SELECT s.symbol INTO w FROM pg_temp.staged_bars s WHERE s.ticker_id IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'There is no ticker ''%'': a symbol of market.tickers is expected.', coalesce(w.symbol, 'NULL') USING ERRCODE = 'foreign_key_violation', HINT = 'Add it to market.tickers first.';
  END IF;

  IF EXISTS (SELECT FROM pg_temp.staged_bars OFFSET 500) THEN
    -- Nobody else analyzes a temporary table, and without it the joins below are planned for one row.
    ANALYZE pg_temp.staged_bars;
  END IF;

  PERFORM FROM market.tickers t WHERE t.id IN (SELECT s.ticker_id FROM pg_temp.staged_bars s) ORDER BY t.id FOR KEY SHARE;
  -- All timeframes of a ticker, though perhaps one is written: a later statement of this transaction may write another, and then it is too late for the right order.
  PERFORM market.lock_ticker(s.ticker_id) FROM (SELECT DISTINCT ticker_id FROM pg_temp.staged_bars ORDER BY ticker_id) s;

  FOR w IN SELECT s.op, s.ticker_id, s.timeframe, min(s.timestamp) AS first, max(s.timestamp) AS last, count(*) AS bars, min(s.symbol) AS symbol
             FROM pg_temp.staged_bars s WHERE s.op IN ('old', 'new', 'delete') GROUP BY s.op, s.ticker_id, s.timeframe ORDER BY s.op DESC LOOP
    -- What was aggregated gives way to a bar that moves to its place.
    EXECUTE format($query$
      DELETE FROM market.%I b USING pg_temp.staged_bars s
       WHERE s.op = $1 AND s.ticker_id = $2 AND s.timeframe = $3 AND b.ticker_id = $2 AND b.timestamp = s.timestamp AND b.timestamp BETWEEN $4 AND $5
         AND CASE $1
           WHEN 'old' THEN (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.source, b.quality_score, b.created_at)
             IS NOT DISTINCT FROM (s.open, s.high, s.low, s.close, s.volume, s.trade_count, s.vwap, s.source, s.quality_score, s.created_at)
           WHEN 'new' THEN b.source = 'aggregated' AND s.source IS DISTINCT FROM 'aggregated'
           ELSE true
         END
      $query$, 'bars_' || w.timeframe) USING w.op, w.ticker_id, w.timeframe, w.first, w.last;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF w.op = 'old' AND n < w.bars THEN
      -- The view was read before the lock was held.
      RAISE EXCEPTION 'Bars of % % between % and % were changed by another transaction meanwhile.', w.symbol, w.timeframe, w.first, w.last USING ERRCODE = 'serialization_failure', HINT = 'Run the statement again.';
    ELSIF n > 0 THEN
      INSERT INTO pg_temp.staged_bars (op, ticker_id, timeframe, timestamp) VALUES ('written', w.ticker_id, w.timeframe, w.first), ('written', w.ticker_id, w.timeframe, w.last);
    END IF;
  END LOOP;

  FOR w IN SELECT DISTINCT s.timeframe, s.op FROM pg_temp.staged_bars s WHERE s.op IN ('insert', 'new') ORDER BY s.op DESC LOOP
    -- Of two rows for one bar the later wins, as if they had come one by one, but an aggregated one never. An UPDATE that meets another bar is an error.
    EXECUTE format($query$
      WITH written AS (
        INSERT INTO market.%I AS b (ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, source, quality_score, created_at, spread, spread_ratio, volume_ratio, low_history)
        SELECT %s s.ticker_id, s.timestamp, s.open, s.high, s.low, s.close, s.volume, s.trade_count, s.vwap, coalesce(s.source, 'manual'), s.quality_score, coalesce(s.created_at, now()), 0, 0, 0, false
          FROM pg_temp.staged_bars s WHERE s.op = $1 AND s.timeframe = $2
         ORDER BY s.ticker_id, s.timestamp, coalesce(s.source, 'manual') = 'aggregated', s.seq DESC
        %s
        RETURNING b.ticker_id, b.timestamp)
      INSERT INTO pg_temp.staged_bars (op, ticker_id, timeframe, timestamp) SELECT 'written', ticker_id, $2, unnest(ARRAY[min(timestamp), max(timestamp)]) FROM written GROUP BY ticker_id
      $query$, 'bars_' || w.timeframe, CASE w.op WHEN 'insert' THEN 'DISTINCT ON (s.ticker_id, s.timestamp)' END, CASE w.op WHEN 'insert' THEN '
        ON CONFLICT (ticker_id, timestamp) DO UPDATE SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low, close = EXCLUDED.close, volume = EXCLUDED.volume,
            trade_count = EXCLUDED.trade_count, vwap = EXCLUDED.vwap, source = EXCLUDED.source, quality_score = CASE EXCLUDED.source WHEN ''aggregated'' THEN EXCLUDED.quality_score ELSE b.quality_score END
          WHERE (b.source = ''aggregated'' OR EXCLUDED.source <> ''aggregated'')
            -- The quality of any other bar is derived, whatever was given.
            AND (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.source, CASE EXCLUDED.source WHEN ''aggregated'' THEN b.quality_score END)
              IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close, EXCLUDED.volume, EXCLUDED.trade_count, EXCLUDED.vwap, EXCLUDED.source,
                CASE EXCLUDED.source WHEN ''aggregated'' THEN EXCLUDED.quality_score END)' END)
      USING w.op, w.timeframe;
  END LOOP;

  FOR w IN SELECT s.ticker_id, s.timeframe, min(s.timestamp) AS first, max(s.timestamp) AS last
             FROM pg_temp.staged_bars s WHERE s.op = 'written' GROUP BY s.ticker_id, s.timeframe ORDER BY market.window_lock(s.ticker_id, s.timeframe) LOOP
    written := tstzrange(w.first, w.last + market.timeframe_width(w.timeframe));
    written := range_merge(written, coalesce(market.rederive(w.ticker_id, w.timeframe, tstzrange(w.first, w.last, '[]')), written));
    PERFORM market.record_change(w.ticker_id, w.timeframe, written);
    PERFORM market.roll_up(w.ticker_id, w.timeframe, written);
  END LOOP;

  TRUNCATE pg_temp.staged_bars;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION market.apply_staged_bars() IS 'Last step of a write through ohlcv_bars: locks, writes, derives, records the change, rolls up.';
COMMENT ON VIEW market.ohlcv_bars IS
  'All bars as one table, for SQL clients. INSERT replaces a bar that is there already, unless it would put an aggregated one in the place of another; UPDATE and DELETE do what they say. Derived fields follow by market.rederive at the end of the statement, quality_score among them, whatever was given; coarser timeframes by market.roll_up. Programs read market.bars() or the tables, and write by COPY.';

CREATE TRIGGER touch BEFORE UPDATE ON market.feeds FOR EACH ROW EXECUTE FUNCTION public.touch_row();

-- Grants -------------------------------------------------------------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON market.feeds, market.leases, market.indicator_windows TO wyckoff_app, wyckoff_worker;
GRANT SELECT ON market.feeds, market.leases, market.indicator_windows TO wyckoff_reader;
