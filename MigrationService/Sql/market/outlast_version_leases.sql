CREATE FUNCTION market.outlast_version_leases() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(key) FROM (SELECT market.window_lock(ticker_id, timeframe) FROM removed ORDER BY 1) w (key);
  IF FOUND AND market.has_version_leases() THEN
    PERFORM pg_sleep(extract(epoch FROM market.version_lease()));
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION market.outlast_version_leases() FROM PUBLIC;
