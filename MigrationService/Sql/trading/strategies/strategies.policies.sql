ALTER TABLE trading.strategies ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON trading.strategies TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY benchmarks ON trading.strategies FOR SELECT TO wyckoff_app, wyckoff_reader USING (is_benchmark);
CREATE POLICY all_rows ON trading.strategies TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON trading.strategies FOR SELECT TO wyckoff_console USING (true);
