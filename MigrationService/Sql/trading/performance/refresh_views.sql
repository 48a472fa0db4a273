CREATE FUNCTION trading.refresh_views() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  view_name text;
BEGIN
  UPDATE trading.strategies s
     SET max_drawdown = m.max_drawdown, sharpe_ratio = m.sharpe_ratio
    FROM (
      SELECT a.id, c.max_drawdown, c.sharpe_ratio
        FROM (SELECT id FROM trading.strategies WHERE status = 'active' ORDER BY id FOR NO KEY UPDATE) AS a,
             LATERAL trading.calculate_strategy_metrics(a.id) AS c) AS m
   WHERE s.id = m.id AND (s.max_drawdown, s.sharpe_ratio) IS DISTINCT FROM (m.max_drawdown, m.sharpe_ratio);
  FOREACH view_name IN ARRAY ARRAY['trading.active_strategies', 'trading.recent_performance'] LOOP
    -- A restored dump may leave the view unpopulated, and such a view cannot be refreshed CONCURRENTLY.
    EXECUTE 'REFRESH MATERIALIZED VIEW '
      || CASE WHEN (SELECT relispopulated FROM pg_class WHERE oid = view_name::regclass) THEN 'CONCURRENTLY ' ELSE '' END
      || view_name;
  END LOOP;
END $$;
COMMENT ON FUNCTION trading.refresh_views() IS
  'For the maintenance worker: updates max_drawdown and sharpe_ratio of active strategies, then refreshes active_strategies and '
  'recent_performance. Readers are not blocked.';
REVOKE EXECUTE ON FUNCTION trading.refresh_views FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.refresh_views() TO wyckoff_worker;
