CREATE FUNCTION market.bar_quality(
  missing boolean,
  move numeric,
  spreads numeric,
  bars bigint,
  volume numeric,
  spread numeric
) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT 1.00
       - CASE WHEN missing THEN 0.40 ELSE 0 END
       - CASE WHEN bars = 20 AND spreads > 0 AND 2 * abs(move) > spreads THEN 0.30 ELSE 0 END
       - CASE WHEN volume = 0 THEN 0.20 WHEN spread = 0 THEN 0.10 ELSE 0 END
$$;
COMMENT ON FUNCTION market.bar_quality(boolean, numeric, numeric, bigint, numeric, numeric) IS
  'Quality of a bar: 1, minus 0.40 when bars are missing before it, minus 0.30 when its close differs from the previous close by more '
  'than ten times the mean spread of the 20 bars before, minus 0.20 when its volume is 0 or else 0.10 when its spread is 0. '
  'BarDerivation in C# computes the same.';
