ALTER TABLE trading.trade_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON trading.trade_keys TO wyckoff_worker USING (true) WITH CHECK (true);
