ALTER TABLE trading.order_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON trading.order_keys TO wyckoff_worker USING (true) WITH CHECK (true);
