ALTER TABLE trading.order_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON trading.order_keys TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON trading.order_keys FOR SELECT TO wyckoff_console USING (true);
