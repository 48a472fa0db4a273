-- What of schema market is not generated: functions, the views over the bars and their triggers, grants.

-- Timeframes ---------------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION market.timeframe(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  -- The same aliases as Wyckoff/Primitives/Timeframe.cs. Upper-case M is a month elsewhere, so 1M is not among them.
  frame CONSTANT text := CASE
    WHEN name IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d') THEN name
    WHEN name IN ('1Min', '1min') THEN '1m'
    WHEN name IN ('5Min', '5min') THEN '5m'
    WHEN name IN ('15Min', '15min') THEN '15m'
    WHEN name IN ('30Min', '30min') THEN '30m'
    WHEN name IN ('1Hour', '60m', '1H') THEN '1h'
    WHEN name IN ('4Hour', '4H') THEN '4h'
    WHEN name IN ('1Day', '1D', 'D', 'd') THEN '1d'
  END;
BEGIN
  IF frame IS NULL THEN
    RAISE EXCEPTION '''%'' is not a timeframe: one of 1m, 5m, 15m, 30m, 1h, 4h, 1d is expected.', coalesce(name, 'NULL') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN frame;
END $$;
COMMENT ON FUNCTION market.timeframe(text) IS 'The name under which bars of a timeframe are stored, from what people and vendors write for it.';

CREATE FUNCTION market.timeframe_width(name text) RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE market.timeframe(name)
    WHEN '1m' THEN interval '1 minute' WHEN '5m' THEN interval '5 minutes' WHEN '15m' THEN interval '15 minutes' WHEN '30m' THEN interval '30 minutes'
    WHEN '1h' THEN interval '1 hour' WHEN '4h' THEN interval '4 hours' ELSE interval '1 day' END
$$;
COMMENT ON FUNCTION market.timeframe_width(text) IS 'How long a bar lasts.';

-- Locks and versions -------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION market.window_lock(ticker_id int, timeframe text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (22370::bigint << 48) | ((ticker_id::bigint & 4294967295) << 16) | (extract(epoch FROM market.timeframe_width(timeframe)) / 60)::bigint
$$;
COMMENT ON FUNCTION market.window_lock(int, text) IS
  'Key of the advisory lock under which the bars of a ticker and timeframe are written: pg_advisory_xact_lock(market.window_lock(…)). A transaction that writes several takes them in the order of their keys: ticker by ticker, finest timeframe first. BarWindow.LockKey in C# is the same.';

CREATE FUNCTION market.lock_ticker(ticker_id int) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  frame text;
BEGIN
  FOREACH frame IN ARRAY ARRAY['1m', '5m', '15m', '30m', '1h', '4h', '1d'] LOOP
    PERFORM pg_advisory_xact_lock(market.window_lock(ticker_id, frame));
  END LOOP;
END $$;
COMMENT ON FUNCTION market.lock_ticker(int) IS 'Takes the locks of all timeframes of a ticker, in order: for a transaction that does not know yet which it will write.';

CREATE FUNCTION market.record_change(ticker_id int, timeframe text, range tstzrange) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  frame CONSTANT text := market.timeframe(record_change.timeframe);
  counted bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(market.window_lock(record_change.ticker_id, frame));
  INSERT INTO market.bar_windows AS w (ticker_id, timeframe, version) VALUES (record_change.ticker_id, frame, 1)
    ON CONFLICT (ticker_id, timeframe) DO UPDATE SET version = w.version + 1
    RETURNING w.version INTO counted;
  INSERT INTO market.bar_changes (ticker_id, timeframe, version, range) VALUES (record_change.ticker_id, frame, counted, record_change.range);
  RETURN counted;
END $$;
COMMENT ON FUNCTION market.record_change(int, text, tstzrange) IS
  'To be called in the transaction that changed bars, once per ticker and timeframe: counts the version up and keeps which bars changed. Gives the new version.';

-- Derived fields -----------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION market.bar_ratio(value numeric, total numeric, bars bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- value / (total / bars), half away from zero to 4 places. div() is exact, so nothing is rounded twice.
  SELECT CASE WHEN bars = 0 THEN 1.0000 WHEN total = 0 THEN 0.0000 ELSE least(999999.9999, div(20000 * value * bars + total, 2 * total) * 0.0001) END
$$;
COMMENT ON FUNCTION market.bar_ratio(numeric, numeric, bigint) IS 'A value over the mean of the bars before, given their total and number: 1 without any, 0 when the mean is 0, at most 999999.9999.';

CREATE FUNCTION market.nth_bar_before(ticker int, timeframe text, instant timestamptz, n int) RETURNS timestamptz LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
  span interval := market.timeframe_width(timeframe) * n * 4;
  since timestamptz;
  found int;
  oldest timestamptz;
BEGIN
  -- What such a query costs is the planning, which looks at every chunk the bounds admit: so start with a short span, and widen it while it holds too few.
  LOOP
    since := CASE WHEN span < interval '6 years' AND isfinite(instant) THEN instant - span ELSE '-infinity' END;
    EXECUTE format('SELECT count(*), min(timestamp) FROM (SELECT timestamp FROM market.%I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp DESC LIMIT $4) b', 'bars_' || timeframe)
      INTO found, oldest USING ticker, since, instant, n;
    IF found = n OR NOT isfinite(since) THEN
      RETURN coalesce(oldest, instant);
    END IF;
    span := span * 8;
  END LOOP;
END $$;
COMMENT ON FUNCTION market.nth_bar_before(int, text, timestamptz, int) IS 'When the n-th bar before an instant was, or the oldest if there are fewer, or the instant if there is none.';

CREATE FUNCTION market.nth_bar_from(ticker int, timeframe text, instant timestamptz, n int) RETURNS timestamptz LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
  span interval := market.timeframe_width(timeframe) * n * 4;
  until timestamptz;
  found int;
  newest timestamptz;
BEGIN
  IF NOT isfinite(instant) THEN
    RETURN instant;
  END IF;
  LOOP
    -- Beyond today there is next to nothing, so there is no need to go there in steps.
    until := CASE WHEN span < interval '6 years' AND instant + span < now() THEN instant + span ELSE 'infinity' END;
    EXECUTE format('SELECT count(*), max(timestamp) FROM (SELECT timestamp FROM market.%I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp LIMIT $4) b', 'bars_' || timeframe)
      INTO found, newest USING ticker, instant, until, n;
    IF found = n THEN
      RETURN newest;
    ELSIF NOT isfinite(until) THEN
      RETURN until;
    END IF;
    span := span * 8;
  END LOOP;
END $$;
COMMENT ON FUNCTION market.nth_bar_from(int, text, timestamptz, int) IS 'When the n-th bar at or after an instant is, or infinity if there are fewer.';

CREATE FUNCTION market.rederive(ticker int, timeframe text, range tstzrange) RETURNS tstzrange LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  frame CONSTANT text := market.timeframe(timeframe);
  first CONSTANT timestamptz := coalesce(lower(range), '-infinity');
  after CONSTANT timestamptz := coalesce(upper(range) + CASE WHEN upper_inc(range) THEN interval '1 microsecond' ELSE interval '0' END, 'infinity');
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
  -- The bounds are there twice so that the planner prunes both sides of the join.
  EXECUTE format($query$
    WITH history AS (
      SELECT timestamp, high - low AS spread, volume, count(*) OVER before AS bars, sum(high - low) OVER before AS spreads, sum(volume) OVER before AS volumes
        FROM market.%1$I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp <= $4
      WINDOW before AS (ORDER BY timestamp ROWS BETWEEN 20 PRECEDING AND 1 PRECEDING)
    ), derived AS (
      SELECT timestamp, spread, market.bar_ratio(spread, spreads, bars) AS spread_ratio, market.bar_ratio(volume, volumes, bars) AS volume_ratio, bars < 20 AS low_history
        FROM history WHERE timestamp >= $3
    ), rewritten AS (
      UPDATE market.%1$I b SET spread = d.spread, spread_ratio = d.spread_ratio, volume_ratio = d.volume_ratio, low_history = d.low_history
        FROM derived d
       WHERE b.ticker_id = $1 AND b.timestamp >= $3 AND b.timestamp <= $4 AND b.timestamp = d.timestamp
         AND (b.spread, b.spread_ratio, b.volume_ratio, b.low_history) IS DISTINCT FROM (d.spread, d.spread_ratio, d.volume_ratio, d.low_history)
      RETURNING b.timestamp
    )
    SELECT tstzrange(min(timestamp), max(timestamp) + $5) FROM rewritten HAVING count(*) > 0
    $query$, 'bars_' || frame) INTO rewritten USING ticker, since, first, until, market.timeframe_width(frame);
  RETURN rewritten;
END $$;
COMMENT ON FUNCTION market.rederive(int, text, tstzrange) IS
  'The definition of spread, spread_ratio, volume_ratio and low_history: computes them for the bars in the range and the 20 after it, and rewrites those that differ. Gives the range of what it rewrote, NULL when nothing. BarDerivation in C# computes the same where rows are copied straight in.';

-- Reading ------------------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION market.bars(symbol text, timeframe text, since timestamptz, until timestamptz DEFAULT 'infinity')
  RETURNS TABLE (
    "timestamp" timestamptz, open numeric, high numeric, low numeric, close numeric, volume numeric, trade_count int, vwap numeric, spread numeric, spread_ratio numeric, volume_ratio numeric,
    low_history boolean, source varchar, quality_score numeric, created_at timestamptz)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
DECLARE
  frame CONSTANT text := market.timeframe(bars.timeframe);
  ticker int;
BEGIN
  SELECT t.id INTO ticker FROM market.tickers t WHERE t.symbol = upper(btrim(bars.symbol));
  IF ticker IS NULL THEN
    RAISE EXCEPTION 'There is no ticker ''%'': a symbol of market.tickers is expected.', coalesce(bars.symbol, 'NULL') USING ERRCODE = 'invalid_parameter_value';
  ELSIF since IS NULL OR until IS NULL THEN
    RAISE EXCEPTION 'Bars of % %: since and until are expected (''-infinity'' and ''infinity'' will do); got % and %.', bars.symbol, frame, coalesce(since::text, 'NULL'), coalesce(until::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, source, quality_score, created_at
       FROM market.%I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp', 'bars_' || frame)
    USING ticker, since, until;
END $$;
COMMENT ON FUNCTION market.bars(text, text, timestamptz, timestamptz) IS
  'The bars of a symbol and timeframe with since <= timestamp < until, oldest first. Reads the one table they are in, so it plans as fast as that; the view ohlcv_bars does not.';

CREATE VIEW market.ohlcv_bars AS
SELECT t.symbol, '1m'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.spread, b.spread_ratio, b.volume_ratio, b.low_history,
       b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_1m b JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '5m'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.spread, b.spread_ratio, b.volume_ratio, b.low_history,
       b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_5m b JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '15m'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.spread, b.spread_ratio, b.volume_ratio, b.low_history,
       b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_15m b JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '30m'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.spread, b.spread_ratio, b.volume_ratio, b.low_history,
       b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_30m b JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '1h'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.spread, b.spread_ratio, b.volume_ratio, b.low_history,
       b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_1h b JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '4h'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.spread, b.spread_ratio, b.volume_ratio, b.low_history,
       b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_4h b JOIN market.tickers t ON t.id = b.ticker_id
UNION ALL
SELECT t.symbol, '1d'::varchar(10) AS timeframe, b.timestamp, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.spread, b.spread_ratio, b.volume_ratio, b.low_history,
       b.source, b.quality_score, b.created_at, b.ticker_id
  FROM market.bars_1d b JOIN market.tickers t ON t.id = b.ticker_id;
COMMENT ON VIEW market.ohlcv_bars IS
  'All bars as one table, for SQL clients. INSERT replaces a bar that is there already, unless it would put an aggregated one in the place of another; UPDATE and DELETE do what they say. Derived fields follow by market.rederive at the end of the statement; coarser timeframes do not follow. Programs read market.bars() or the tables, and write by COPY.';
COMMENT ON COLUMN market.ohlcv_bars.timeframe IS '1m, 5m, 15m, 30m, 1h, 4h or 1d; writing takes aliases, a condition does not.';
COMMENT ON COLUMN market.ohlcv_bars.ticker_id IS 'Follows from symbol; what is written here is ignored.';
ALTER VIEW market.ohlcv_bars ALTER COLUMN source SET DEFAULT 'manual';

CREATE VIEW market.market_data AS
SELECT b.timestamp AS time, t.symbol, '1m'::varchar(10) AS timeframe, b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price, i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_1m b JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '1m' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '5m'::varchar(10) AS timeframe, b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price, i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_5m b JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '5m' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '15m'::varchar(10) AS timeframe, b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price, i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_15m b JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '15m' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '30m'::varchar(10) AS timeframe, b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price, i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_30m b JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '30m' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '1h'::varchar(10) AS timeframe, b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price, i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_1h b JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '1h' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '4h'::varchar(10) AS timeframe, b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price, i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_4h b JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '4h' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '1d'::varchar(10) AS timeframe, b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price, i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_1d b JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '1d' AND i.timestamp = b.timestamp;
COMMENT ON VIEW market.market_data IS 'Bars with their indicators, under the names of the trading bot''s table.';

CREATE VIEW market.sync_status AS
SELECT DISTINCT ON (l.ticker_id, l.timeframe) l.ticker_id, t.symbol, l.timeframe, l.source, l.status, l.started_at, l.last_sync_at, l.first_synced_timestamp, l.last_synced_timestamp, l.bars_fetched,
       l.total_bars, l.error_message, l.id
  FROM market.data_sync_log l JOIN market.tickers t ON t.id = l.ticker_id
 ORDER BY l.ticker_id, l.timeframe, l.last_sync_at DESC, l.id DESC;
COMMENT ON VIEW market.sync_status IS 'The latest run of data_sync_log per ticker and timeframe.';

-- Writing through the view -------------------------------------------------------------------------------------------------------------------
-- The row triggers only set rows aside; the statement trigger then takes the locks in order, writes them set by set, derives, and records the change.

CREATE FUNCTION market.prepare_staged_bars() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF to_regclass('pg_temp.staged_bars') IS NULL THEN
    -- No constraints: the table they are for judges.
    CREATE TEMPORARY TABLE staged_bars (
      op text, symbol text, timeframe text, timestamp timestamptz, open numeric, high numeric, low numeric, close numeric, volume numeric, trade_count int, vwap numeric,
      source varchar, quality_score numeric, created_at timestamptz, ticker_id int, seq bigint GENERATED ALWAYS AS IDENTITY
    ) ON COMMIT DELETE ROWS;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION market.stage_bar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO pg_temp.staged_bars VALUES (CASE TG_OP WHEN 'UPDATE' THEN 'old' ELSE 'delete' END, OLD.symbol, OLD.timeframe, OLD.timestamp, OLD.open, OLD.high, OLD.low, OLD.close, OLD.volume,
      OLD.trade_count, OLD.vwap, OLD.source, OLD.quality_score, OLD.created_at, OLD.ticker_id);
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  INSERT INTO pg_temp.staged_bars VALUES (CASE TG_OP WHEN 'UPDATE' THEN 'new' ELSE 'insert' END, NEW.symbol, market.timeframe(NEW.timeframe), NEW.timestamp, NEW.open, NEW.high, NEW.low, NEW.close,
    NEW.volume, NEW.trade_count, NEW.vwap, NEW.source, NEW.quality_score, NEW.created_at);
  RETURN NEW;
END $$;

CREATE FUNCTION market.apply_staged_bars() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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
             FROM pg_temp.staged_bars s WHERE s.op IN ('old', 'delete') GROUP BY s.op, s.ticker_id, s.timeframe LOOP
    EXECUTE format($query$
      DELETE FROM market.%I b USING pg_temp.staged_bars s
       WHERE s.op = $1 AND s.ticker_id = $2 AND s.timeframe = $3 AND b.ticker_id = $2 AND b.timestamp = s.timestamp AND b.timestamp BETWEEN $4 AND $5
         AND ($1 = 'delete' OR (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.source, b.quality_score, b.created_at)
           IS NOT DISTINCT FROM (s.open, s.high, s.low, s.close, s.volume, s.trade_count, s.vwap, s.source, s.quality_score, s.created_at))
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
            trade_count = EXCLUDED.trade_count, vwap = EXCLUDED.vwap, source = EXCLUDED.source, quality_score = EXCLUDED.quality_score
          WHERE (b.source = ''aggregated'' OR EXCLUDED.source <> ''aggregated'')
            AND (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.source, b.quality_score)
              IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close, EXCLUDED.volume, EXCLUDED.trade_count, EXCLUDED.vwap, EXCLUDED.source, EXCLUDED.quality_score)' END)
      USING w.op, w.timeframe;
  END LOOP;

  FOR w IN SELECT s.ticker_id, s.timeframe, min(s.timestamp) AS first, max(s.timestamp) AS last
             FROM pg_temp.staged_bars s WHERE s.op = 'written' GROUP BY s.ticker_id, s.timeframe ORDER BY market.window_lock(s.ticker_id, s.timeframe) LOOP
    written := tstzrange(w.first, w.last + market.timeframe_width(w.timeframe));
    PERFORM market.record_change(w.ticker_id, w.timeframe, range_merge(written, coalesce(market.rederive(w.ticker_id, w.timeframe, tstzrange(w.first, w.last, '[]')), written)));
  END LOOP;

  TRUNCATE pg_temp.staged_bars;
  RETURN NULL;
END $$;

CREATE TRIGGER prepare BEFORE INSERT OR UPDATE OR DELETE ON market.ohlcv_bars FOR EACH STATEMENT EXECUTE FUNCTION market.prepare_staged_bars();
CREATE TRIGGER stage INSTEAD OF INSERT OR UPDATE OR DELETE ON market.ohlcv_bars FOR EACH ROW EXECUTE FUNCTION market.stage_bar();
CREATE TRIGGER apply AFTER INSERT OR UPDATE OR DELETE ON market.ohlcv_bars FOR EACH STATEMENT EXECUTE FUNCTION market.apply_staged_bars();
COMMENT ON FUNCTION market.prepare_staged_bars() IS 'First step of a write through ohlcv_bars: a place to set rows aside.';
COMMENT ON FUNCTION market.stage_bar() IS 'Second step of a write through ohlcv_bars: sets a row aside.';
COMMENT ON FUNCTION market.apply_staged_bars() IS 'Last step of a write through ohlcv_bars: locks, writes, derives, records the change.';

-- Overview -----------------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION market.last_bar(ticker int, zone text, instant timestamptz, closed boolean, OUT timeframe text, OUT "timestamp" timestamptz, OUT close numeric, OUT known_at timestamptz)
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
      'SELECT b.timestamp, b.close, %s AS known_at FROM market.%I b WHERE b.ticker_id = $1 AND b.timestamp >= $2 AND b.timestamp <= $3 AND (NOT $4 OR %1$s <= $3) ORDER BY b.timestamp DESC LIMIT 1',
      CASE frame WHEN '1d' THEN '(b.timestamp AT TIME ZONE ''UTC'' + $6) AT TIME ZONE $5' ELSE 'b.timestamp + $6' END, 'bars_' || frame)
      INTO bar
      USING ticker, CASE WHEN frame = '1d' THEN '-infinity' WHEN width < interval '1 hour' THEN instant - interval '14 days' ELSE instant - interval '400 days' END, instant, closed, zone, width;
    -- Only what is later beats a finer timeframe.
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
  'The last bar begun (or closed) by an instant, of the finest timeframe among equals. Looks back 14 days for bars under an hour, 400 days for 1h and 4h, without limit for 1d.';

CREATE FUNCTION market.overview()
  RETURNS TABLE (
    ticker_id int, symbol varchar, name varchar, timeframe text, "timestamp" timestamptz, price numeric, price_24h_ago numeric, change_24h numeric, change_24h_pct numeric, high_24h numeric, low_24h numeric,
    volume_24h numeric, refreshed_at timestamptz)
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
    -- A day before the price was known; for a daily bar that is where its session began, which daylight saving may put 23 or 25 hours back.
    reference := CASE last.timeframe WHEN '1d' THEN (last.timestamp AT TIME ZONE 'UTC') AT TIME ZONE t.timezone ELSE least(last.known_at, refreshed_at) - interval '24 hours' END;
    SELECT * INTO before FROM market.last_bar(t.id, t.timezone, reference, true);
    EXECUTE format('SELECT max(high), min(low), sum(volume) FROM market.%I WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp <= $3', 'bars_' || last.timeframe)
      INTO high_24h, low_24h, volume_24h USING t.id, CASE last.timeframe WHEN '1d' THEN last.timestamp ELSE reference END, last.timestamp;
    ticker_id := t.id;
    symbol := t.symbol;
    name := t.name;
    timeframe := last.timeframe;
    "timestamp" := last.timestamp;
    price := last.close;
    price_24h_ago := before.close;
    change_24h := last.close - before.close;
    change_24h_pct := round(100 * (last.close - before.close) / before.close, 4);
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION market.overview() IS 'What market_overview holds, as of now.';

CREATE MATERIALIZED VIEW market.market_overview AS SELECT * FROM market.overview();
CREATE UNIQUE INDEX idx_market_overview_symbol ON market.market_overview (symbol);
COMMENT ON MATERIALIZED VIEW market.market_overview IS 'Every active ticker with bars: its price, against that of 24 hours before (not of the bar before). Refreshed by market.refresh_overview().';
COMMENT ON COLUMN market.market_overview.timeframe IS 'Of the bar the price is the close of.';
COMMENT ON COLUMN market.market_overview.price_24h_ago IS 'The last close known 24 hours before the price was; NULL when there is none.';
COMMENT ON COLUMN market.market_overview.volume_24h IS 'Of the same 24 hours as high_24h and low_24h; the session for a daily bar.';

CREATE FUNCTION market.refresh_overview() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  REFRESH MATERIALIZED VIEW CONCURRENTLY market.market_overview
$$;
COMMENT ON FUNCTION market.refresh_overview() IS 'Brings market_overview up to date without keeping readers waiting. Only an owner may refresh, hence SECURITY DEFINER.';

-- Tickers ------------------------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION market.remove_bars_of_tickers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  rows text;
BEGIN
  FOREACH rows IN ARRAY ARRAY[
    'bars_1m', 'bars_5m', 'bars_15m', 'bars_30m', 'bars_1h', 'bars_4h', 'bars_1d',
    'indicators', 'computed_features', 'bar_changes', 'sync_payloads'] LOOP
    EXECUTE format('DELETE FROM market.%I WHERE ticker_id IN (SELECT id FROM removed)', rows);
  END LOOP;
  RETURN NULL;
END $$;

CREATE FUNCTION market.verify_orphans() RETURNS TABLE (table_name text, ticker_id int, rows bigint) LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT 'bars_1m'::text, x.ticker_id, count(*) FROM market.bars_1m x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_5m'::text, x.ticker_id, count(*) FROM market.bars_5m x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_15m'::text, x.ticker_id, count(*) FROM market.bars_15m x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_30m'::text, x.ticker_id, count(*) FROM market.bars_30m x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_1h'::text, x.ticker_id, count(*) FROM market.bars_1h x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_4h'::text, x.ticker_id, count(*) FROM market.bars_4h x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bars_1d'::text, x.ticker_id, count(*) FROM market.bars_1d x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'indicators'::text, x.ticker_id, count(*) FROM market.indicators x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'computed_features'::text, x.ticker_id, count(*) FROM market.computed_features x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'bar_changes'::text, x.ticker_id, count(*) FROM market.bar_changes x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
  UNION ALL
  SELECT 'sync_payloads'::text, x.ticker_id, count(*) FROM market.sync_payloads x WHERE NOT EXISTS (SELECT FROM market.tickers t WHERE t.id = x.ticker_id) GROUP BY x.ticker_id
$$;
COMMENT ON FUNCTION market.verify_orphans() IS 'Rows whose ticker does not exist, in the tables that have no foreign key to tickers: none, if all is well. Reads those tables whole.';

CREATE TRIGGER touch BEFORE UPDATE ON market.sync_coverage FOR EACH ROW EXECUTE FUNCTION public.touch_row();

-- Compressed already: compressing again only costs time.
ALTER TABLE market.sync_payloads ALTER COLUMN payload SET STORAGE EXTERNAL;

-- Grants -------------------------------------------------------------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON market.indicators, market.computed_features, market.sync_coverage, market.data_sync_log, market.sync_payloads, market.bar_windows, market.bar_changes,
  market.import_batches, market.import_rejects, market.ohlcv_bars TO wyckoff_app, wyckoff_worker;
GRANT SELECT ON market.market_data, market.market_overview, market.sync_status TO wyckoff_app, wyckoff_worker, wyckoff_reader;
GRANT SELECT ON market.indicators, market.computed_features, market.sync_coverage, market.data_sync_log, market.bar_windows, market.bar_changes, market.import_batches, market.import_rejects,
  market.ohlcv_bars TO wyckoff_reader;
REVOKE EXECUTE ON FUNCTION market.refresh_overview(), market.remove_bars_of_tickers() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION market.refresh_overview() TO wyckoff_app, wyckoff_worker;
