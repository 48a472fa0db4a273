CREATE FUNCTION market.refresh_overview() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  REFRESH MATERIALIZED VIEW CONCURRENTLY market.market_overview
$$;
COMMENT ON FUNCTION market.refresh_overview() IS 'Brings market_overview up to date without keeping readers waiting. Only an owner may refresh, hence SECURITY DEFINER.';
REVOKE EXECUTE ON FUNCTION market.refresh_overview() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION market.refresh_overview() TO wyckoff_app, wyckoff_worker;
