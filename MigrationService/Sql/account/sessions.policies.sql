ALTER TABLE account.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.sessions TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON account.sessions TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON account.sessions FOR SELECT TO wyckoff_console USING (true);
