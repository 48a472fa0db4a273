CREATE FUNCTION market.mean_price(turnover3 numeric, volume numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- turnover3 / (3 * volume), rounded half away from zero to 8 places. div() is exact, so the value is rounded only once.
  SELECT CASE WHEN volume > 0
    THEN nullif(div(2 * turnover3 * 100000000 + sign(turnover3) * 3 * volume, 6 * volume) * 0.00000001, 0)
  END
$$;
COMMENT ON FUNCTION market.mean_price(numeric, numeric) IS
  'Volume-weighted mean price, computed from the volume and three times the turnover (the factor keeps typical prices free of '
  'fractions). NULL when the volume is 0, and when the mean is 0: writers of bars store an unknown mean price as 0 or NULL.';
