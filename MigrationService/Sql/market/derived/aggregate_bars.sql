CREATE FUNCTION market.aggregate_bars(ticker int, timeframe text, since timestamptz, until timestamptz) RETURNS tstzrange
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  frame CONSTANT text := market.timeframe(timeframe);
  width CONSTANT interval := market.timeframe_width(frame);
  zone CONSTANT text := (SELECT t.timezone FROM market.tickers t WHERE t.id = ticker);
  parts CONSTANT text := $parts$
    (array_agg(open ORDER BY timestamp))[1] AS open,
    max(high) AS high,
    min(low) AS low,
    (array_agg(close ORDER BY timestamp DESC))[1] AS close,
    sum(volume) AS volume,
    CASE WHEN count(*) = count(trade_count) THEN least(sum(trade_count), 2147483647)::int END AS trade_count,
    market.mean_price(sum(coalesce(3 * nullif(vwap, 0), high + low + close) * volume), sum(volume)) AS vwap,
    min(quality_score) AS quality_score
    $parts$;
  made text;
  changed tstzrange;
BEGIN
  PERFORM pg_advisory_xact_lock(market.window_lock(ticker, frame));
  IF frame = '1d' THEN
    -- For each session: the finest timeframe among those with bars in the largest number of its hours.
    made := format($query$
      SELECT DISTINCT ON (bucket) *
        FROM (SELECT *, max(hours) OVER (PARTITION BY bucket) AS most FROM (%s) every) covering
       WHERE hours = most
       ORDER BY bucket, rank
      $query$, (
      SELECT string_agg(format($query$
        SELECT %s AS rank,
               count(DISTINCT date_trunc('hour', timestamp, 'UTC')) AS hours,
               date_trunc('day', timestamp AT TIME ZONE $5) AT TIME ZONE 'UTC' AS bucket,
               %s
          FROM market.%I
         WHERE ticker_id = $1 AND timestamp >= $6 AT TIME ZONE $5 AND timestamp < $7 AT TIME ZONE $5
         GROUP BY bucket
        $query$, rank, parts, 'bars_' || finer), ' UNION ALL ' ORDER BY rank)
        FROM unnest(ARRAY['1m', '5m', '15m', '30m', '1h']) WITH ORDINALITY f (finer, rank)));
  ELSE
    made := format($query$
      SELECT date_bin($4, timestamp, 'epoch') AS bucket, %s
        FROM market.%I
       WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3
       GROUP BY bucket
      $query$, parts, 'bars_' || CASE frame
        WHEN '5m' THEN '1m'
        WHEN '15m' THEN '5m'
        WHEN '30m' THEN '15m'
        WHEN '1h' THEN '30m'
        WHEN '4h' THEN '1h'
      END);
  END IF;

  EXECUTE format($query$
    WITH made AS (%1$s),
    gone AS (
      DELETE FROM market.%2$I b
       WHERE b.ticker_id = $1 AND b.timestamp >= $2 AND b.timestamp < $3 AND b.source = 'aggregated'
         AND NOT EXISTS (SELECT FROM made m WHERE m.bucket = b.timestamp)
      RETURNING b.timestamp),
    written AS (
      INSERT INTO market.%2$I AS b (
        ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap,
        spread, spread_ratio, volume_ratio, low_history, source, quality_score)
      SELECT $1, bucket, open, high, low, close, volume, trade_count, vwap, 0, 0, 0, false, 'aggregated', quality_score
        FROM made
       ORDER BY bucket
      ON CONFLICT (ticker_id, timestamp) DO UPDATE
        SET open = EXCLUDED.open,
            high = EXCLUDED.high,
            low = EXCLUDED.low,
            close = EXCLUDED.close,
            volume = EXCLUDED.volume,
            trade_count = EXCLUDED.trade_count,
            vwap = EXCLUDED.vwap,
            quality_score = EXCLUDED.quality_score
        WHERE b.source = 'aggregated'
          AND (b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap, b.quality_score)
            IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close,
              EXCLUDED.volume, EXCLUDED.trade_count, EXCLUDED.vwap, EXCLUDED.quality_score)
      RETURNING b.timestamp)
    SELECT tstzrange(min(timestamp), max(timestamp) + $4)
      FROM (SELECT timestamp FROM written UNION ALL SELECT timestamp FROM gone) w
    HAVING count(*) > 0
    $query$, made, 'bars_' || frame)
    INTO changed
    USING ticker, since, until, width, zone, since AT TIME ZONE 'UTC', until AT TIME ZONE 'UTC';
  RETURN range_merge(changed, coalesce(market.rederive(ticker, frame, changed), changed));
END $$;
COMMENT ON FUNCTION market.aggregate_bars(int, text, timestamptz, timestamptz) IS
  'Rebuilds the bars of a timeframe with since <= timestamp < until from finer bars. Intraday bars are built from the next finer '
  'timeframe; daily bars (since and until are dates at 00:00 UTC) from the finest timeframe that covers the session. Changes only '
  'aggregated bars. Returns the range of the changed bars, NULL when nothing changed.';
