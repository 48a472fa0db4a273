CREATE FUNCTION market.window_lock(ticker_id int, timeframe text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (22370::bigint << 48)
       | ((ticker_id::bigint & 4294967295) << 16)
       | (extract(epoch FROM market.timeframe_width(timeframe)) / 60)::bigint
$$;
COMMENT ON FUNCTION market.window_lock(int, text) IS
  'Key of the advisory lock under which the bars of a ticker and timeframe are written: pg_advisory_xact_lock(market.window_lock(…)). A '
  'transaction that writes several windows takes their locks in the order of the keys: ticker by ticker, finest timeframe first. '
  'BarWindow.LockKey in C# computes the same.';
