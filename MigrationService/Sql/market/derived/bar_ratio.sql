CREATE FUNCTION market.bar_ratio(value numeric, total numeric, bars bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- value / (total / bars), rounded half away from zero to 4 places. div() is exact, so the value is rounded only once.
  SELECT CASE
    WHEN bars = 0 THEN 1.0000
    WHEN total = 0 THEN 0.0000
    ELSE least(999999.9999, div(20000 * value * bars + total, 2 * total) * 0.0001)
  END
$$;
COMMENT ON FUNCTION market.bar_ratio(numeric, numeric, bigint) IS
  'Ratio of a value to the mean of the bars before it, given their total and number: 1 when there are none, 0 when the mean is 0, at '
  'most 999999.9999.';
