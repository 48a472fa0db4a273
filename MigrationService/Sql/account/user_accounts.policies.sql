ALTER TABLE account.user_accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.user_accounts TO wyckoff_app USING (id = account.current_id()) WITH CHECK (id = account.current_id());
CREATE POLICY all_rows ON account.user_accounts TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON account.user_accounts FOR SELECT TO wyckoff_console USING (true);
