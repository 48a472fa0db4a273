CREATE FUNCTION market.rederive(ticker int, timeframe text, range tstzrange) RETURNS tstzrange
-- The planner expects one row of a ticker that the statistics do not know yet, and would join thousands of new bars by nested loops.
LANGUAGE plpgsql SET search_path = pg_catalog SET enable_nestloop = off AS $$
DECLARE
  frame CONSTANT text := market.timeframe(timeframe);
  first CONSTANT timestamptz := coalesce(lower(range), '-infinity');
  after CONSTANT timestamptz := coalesce(
    upper(range) + CASE WHEN upper_inc(range) THEN interval '1 microsecond' ELSE interval '0' END,
    'infinity');
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
  -- The query repeats the time bounds, so that the planner prunes chunks on both sides of the join.
  -- Intraday bars are missing when the previous bar is of the same session but not adjacent; daily bars, when more than a long weekend
  -- lies between.
  EXECUTE format($query$
    WITH history AS (
      SELECT timestamp, spread, volume,
             count(*) OVER before AS bars, sum(spread) OVER before AS spreads, sum(volume) OVER before AS volumes,
             close - lag(close) OVER ordered AS move, lag(timestamp) OVER ordered AS previous
        FROM (SELECT timestamp, close, volume, least(high - low, 9999999999.99999999) AS spread
                FROM market.%1$I
               WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp <= $4) bars
      WINDOW ordered AS (ORDER BY timestamp),
             before AS (ORDER BY timestamp ROWS BETWEEN 20 PRECEDING AND 1 PRECEDING)
    ), derived AS (
      SELECT timestamp, spread,
             market.bar_ratio(spread, spreads, bars) AS spread_ratio,
             market.bar_ratio(volume, volumes, bars) AS volume_ratio,
             bars < 20 AS low_history,
             market.bar_quality(%2$s, move, spreads, bars, volume, spread) AS quality
        FROM history
       WHERE timestamp >= $3
    ), rewritten AS (
      -- An aggregated bar keeps the quality of its worst part.
      UPDATE market.%1$I b
         SET spread = d.spread,
             spread_ratio = d.spread_ratio,
             volume_ratio = d.volume_ratio,
             low_history = d.low_history,
             quality_score = CASE b.source WHEN 'aggregated' THEN b.quality_score ELSE d.quality END
        FROM derived d
       WHERE b.ticker_id = $1 AND b.timestamp >= $3 AND b.timestamp <= $4 AND b.timestamp = d.timestamp
         AND (b.spread, b.spread_ratio, b.volume_ratio, b.low_history, b.quality_score)
           IS DISTINCT FROM (d.spread, d.spread_ratio, d.volume_ratio, d.low_history,
             CASE b.source WHEN 'aggregated' THEN b.quality_score ELSE d.quality END)
      RETURNING b.timestamp
    )
    SELECT tstzrange(min(timestamp), max(timestamp) + $5) FROM rewritten HAVING count(*) > 0
    $query$, 'bars_' || frame, CASE frame
      WHEN '1d' THEN 'timestamp - previous > interval ''4 days'''
      ELSE 'timestamp - previous > $5 AND (timestamp AT TIME ZONE $6)::date = (previous AT TIME ZONE $6)::date' END)
    INTO rewritten
    USING ticker, since, first, until, width, zone;
  RETURN rewritten;
END $$;
COMMENT ON FUNCTION market.rederive(int, text, tstzrange) IS
  'Defines spread, spread_ratio, volume_ratio, low_history and quality_score: computes them for the bars in the range and the 20 bars '
  'after it, and updates the rows that differ. The spread is high - low, at most the largest value of the column. Returns the range of '
  'the updated bars, NULL when there are none. BarDerivation in C# computes the same for rows that are copied into the tables.';
