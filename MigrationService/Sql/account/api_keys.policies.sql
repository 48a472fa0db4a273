ALTER TABLE account.api_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.api_keys TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON account.api_keys TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON account.api_keys FOR SELECT TO wyckoff_console USING (true);
