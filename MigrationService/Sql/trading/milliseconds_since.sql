CREATE FUNCTION trading.milliseconds_since(started timestamptz) RETURNS numeric
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT round(extract(epoch FROM clock_timestamp() - started) * 1000, 3)
$$;
COMMENT ON FUNCTION trading.milliseconds_since(timestamptz) IS 'The milliseconds since an instant, for check_database_health.';
REVOKE EXECUTE ON FUNCTION trading.milliseconds_since FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.milliseconds_since(timestamptz) TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
