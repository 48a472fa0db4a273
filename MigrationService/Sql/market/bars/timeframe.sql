CREATE FUNCTION market.timeframe(name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  -- The same spellings as Wyckoff/Primitives/Timeframe.cs. Case does not matter, except that no spelling ends with an upper-case M: other
  -- software reads 1M as one month.
  spelling CONSTANT text := CASE WHEN name NOT LIKE '%M' THEN lower(name COLLATE "C") END;
  frame CONSTANT text := CASE
    WHEN spelling IN ('1m', '1min', '1minute') THEN '1m'
    WHEN spelling IN ('5m', '5min', '5minute') THEN '5m'
    WHEN spelling IN ('15m', '15min', '15minute') THEN '15m'
    WHEN spelling IN ('30m', '30min', '30minute') THEN '30m'
    WHEN spelling IN ('1h', '1hour', '60m', '60min') THEN '1h'
    WHEN spelling IN ('4h', '4hour', '240m', '240min') THEN '4h'
    WHEN spelling IN ('1d', '1day', 'd') THEN '1d'
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
