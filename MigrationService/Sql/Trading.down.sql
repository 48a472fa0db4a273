-- Tables and enums are dropped by the generated part; what hangs on them goes first.
DROP FUNCTION public.check_database_health();
DROP VIEW trading.my_orders, trading.my_open_orders, trading.my_trades, trading.my_portfolio_snapshots, trading.my_system_logs, trading.my_active_strategies, trading.my_recent_performance;
DROP MATERIALIZED VIEW trading.active_strategies, trading.recent_performance;
DO $$
DECLARE
  t record;
  f regprocedure;
BEGIN
  FOR t IN SELECT tgname, tgrelid::regclass AS relation FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
            WHERE c.relnamespace = 'trading'::regnamespace AND NOT g.tgisinternal AND g.tgfoid::regproc::text NOT LIKE '\_timescaledb%' LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.relation);
  END LOOP;
  FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'trading'::regnamespace LOOP
    EXECUTE format('DROP FUNCTION %s', f);
  END LOOP;
END $$;
DROP TABLE trading.removed_trades;
DROP TYPE trading.trade_figures;
