CREATE FUNCTION market.timeframe_width(name text) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE market.timeframe(name)
    WHEN '1m' THEN interval '1 minute'
    WHEN '5m' THEN interval '5 minutes'
    WHEN '15m' THEN interval '15 minutes'
    WHEN '30m' THEN interval '30 minutes'
    WHEN '1h' THEN interval '1 hour'
    WHEN '4h' THEN interval '4 hours'
    ELSE interval '1 day'
  END
$$;
COMMENT ON FUNCTION market.timeframe_width(text) IS 'The duration of a bar.';
