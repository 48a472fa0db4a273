CREATE FUNCTION market.bar_quality(missing boolean, move numeric, spreads numeric, bars bigint, volume numeric, spread numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT 1.00
       - CASE WHEN missing THEN 0.40 ELSE 0 END
       - CASE WHEN bars = 20 AND spreads > 0 AND 2 * abs(move) > spreads THEN 0.30 ELSE 0 END
       - CASE WHEN volume = 0 THEN 0.20 WHEN spread = 0 THEN 0.10 ELSE 0 END
$$;
COMMENT ON FUNCTION market.bar_quality(boolean, numeric, numeric, bigint, numeric, numeric) IS
  'Quality of a bar: 1 less 0.40 when bars are missing before it, 0.30 when it closes more than ten mean spreads of the 20 bars before away from the last close, 0.20 when nothing was traded or 0.10 when all of it at one price. BarDerivation in C# computes the same.';
