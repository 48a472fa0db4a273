CREATE FUNCTION market.refresh_overview() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  REFRESH MATERIALIZED VIEW CONCURRENTLY market.market_overview
$$;
COMMENT ON FUNCTION market.refresh_overview() IS
  'Refreshes market_overview without blocking readers. SECURITY DEFINER, because only the owner may refresh a materialized view.';
REVOKE EXECUTE ON FUNCTION market.refresh_overview() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION market.refresh_overview() TO wyckoff_app, wyckoff_worker;
