ALTER TABLE account.user_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.user_rules TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON account.user_rules TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON account.user_rules FOR SELECT TO wyckoff_console USING (true);
