ALTER TABLE trading.trade_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON trading.trade_keys TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON trading.trade_keys FOR SELECT TO wyckoff_console USING (true);
