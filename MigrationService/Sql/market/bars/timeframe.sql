CREATE FUNCTION market.timeframe(name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  -- The same aliases as Wyckoff/Primitives/Timeframe.cs. 1M is not an alias, because other software reads it as one month.
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
    RAISE EXCEPTION '''%'' is not a timeframe: one of 1m, 5m, 15m, 30m, 1h, 4h, 1d is expected.', coalesce(name, 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN frame;
END $$;
COMMENT ON FUNCTION market.timeframe(text) IS
  'Returns the name under which bars of a timeframe are stored, for the spellings that people and vendors use.';
