CREATE FUNCTION market.mean_price(turnover3 numeric, volume numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- turnover3 / (3 * volume), half away from zero to 8 places. div() is exact, so nothing is rounded twice.
  SELECT CASE WHEN volume > 0 THEN div(2 * turnover3 * 100000000 + 3 * volume, 6 * volume) * 0.00000001 END
$$;
COMMENT ON FUNCTION market.mean_price(numeric, numeric) IS 'Volume-weighted mean price, given three times the turnover (so that a typical price has no fraction) and the volume; NULL when nothing was traded.';
