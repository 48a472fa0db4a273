CREATE FUNCTION public.check_database_health() RETURNS TABLE (component text, status text, details text, response_time_ms numeric)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  started timestamptz := clock_timestamp();
  sees_all boolean := pg_has_role('pg_read_all_stats', 'USAGE');
  a numeric;
  b numeric;
  c numeric;
  words text;
BEGIN
  -- From pg_stat_database, because pg_stat_activity hides the backend type of other roles' sessions.
  SELECT sum(numbackends), current_setting('max_connections')::numeric INTO a, b FROM pg_stat_database;
  RETURN QUERY
  SELECT 'connections',
         CASE WHEN a > 0.95 * b THEN 'critical' WHEN a > 0.8 * b THEN 'warning' ELSE 'healthy' END,
         format('%s of %s are in use', a, b),
         trading.milliseconds_since(started);

  started := clock_timestamp();
  SELECT round(100.0 * blks_hit / nullif(blks_hit + blks_read, 0), 2), blks_hit + blks_read INTO a, b
    FROM pg_stat_database
   WHERE datname = current_database();
  RETURN QUERY
  SELECT 'cache hit ratio',
         CASE WHEN a < 90 AND b > 100000 THEN 'warning' ELSE 'healthy' END,
         coalesce(format('%s %% of %s block reads', a, b), 'nothing was read yet'),
         trading.milliseconds_since(started);

  started := clock_timestamp();
  SELECT coalesce(sum(n_dead_tup), 0), coalesce(sum(n_live_tup), 0) INTO a, b FROM pg_stat_user_tables;
  SELECT format('; most in %I.%I: %s', schemaname, relname, n_dead_tup) INTO words
    FROM pg_stat_user_tables
   WHERE n_dead_tup > 0
   ORDER BY n_dead_tup DESC LIMIT 1;
  RETURN QUERY
  SELECT 'dead tuples',
         CASE WHEN a > 10000 AND a > 0.2 * (a + b) THEN 'warning' ELSE 'healthy' END,
         format('%s beside %s live rows%s', a, b, words),
         trading.milliseconds_since(started);

  started := clock_timestamp();
  SELECT coalesce(round(max(extract(epoch FROM clock_timestamp() - xact_start)), 1), 0) INTO a
    FROM pg_stat_activity
   WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND datname = current_database();
  RETURN QUERY
  SELECT 'oldest transaction',
         CASE WHEN a > 3600 THEN 'critical' WHEN a > 300 THEN 'warning' ELSE 'healthy' END,
         format('%s s%s', a, CASE
           WHEN sees_all THEN ''
           ELSE ' (of the sessions of ' || current_user || '; pg_read_all_stats sees all)'
         END),
         trading.milliseconds_since(started);

  started := clock_timestamp();
  SELECT extversion INTO words FROM pg_extension WHERE extname = 'timescaledb';
  IF words IS NULL THEN
    RETURN QUERY SELECT 'timescaledb', 'healthy', 'not installed: plain tables', trading.milliseconds_since(started);
    RETURN;
  END IF;
  RETURN QUERY
  SELECT 'timescaledb',
         'healthy',
         format('%s (%s)', words, current_setting('timescaledb.license', true)),
         trading.milliseconds_since(started);

  -- EXECUTE, because the views of TimescaleDB do not exist on every server.
  started := clock_timestamp();
  EXECUTE 'SELECT count(*), count(*) FILTER (WHERE is_compressed), count(DISTINCT (hypertable_schema, hypertable_name))
             FROM timescaledb_information.chunks'
    INTO a, b, c;
  RETURN QUERY
  SELECT 'chunks',
         CASE WHEN a > 20000 THEN 'warning' ELSE 'healthy' END,
         format('%s in %s hypertables', a, c),
         trading.milliseconds_since(started);
  IF current_setting('timescaledb.license', true) = 'timescale' THEN
    RETURN QUERY
    SELECT 'compression', 'healthy', format('%s of %s chunks are compressed', b, a), trading.milliseconds_since(started);
    started := clock_timestamp();
    EXECUTE 'SELECT count(*), count(*) FILTER (WHERE s.last_run_status = ''Failed'')
               FROM timescaledb_information.jobs j
               LEFT JOIN timescaledb_information.job_stats s USING (job_id)
              WHERE j.hypertable_name IS NOT NULL'
      INTO a, b;
    RETURN QUERY
    SELECT 'jobs',
           CASE WHEN b > 0 THEN 'warning' ELSE 'healthy' END,
           format('%s, of which the last run of %s failed', a, b),
           trading.milliseconds_since(started);
  END IF;
END $$;
COMMENT ON FUNCTION public.check_database_health() IS
  'The health of the database, one row per component: healthy, warning or critical, details in words, and how long the check took. '
  'Includes TimescaleDB as far as the server has it.';
REVOKE EXECUTE ON FUNCTION public.check_database_health() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.check_database_health() TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
