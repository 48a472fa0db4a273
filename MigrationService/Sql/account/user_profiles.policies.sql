ALTER TABLE account.user_profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.user_profiles TO wyckoff_app
  USING (user_account_id = account.current_id()) WITH CHECK (user_account_id = account.current_id());
CREATE POLICY all_rows ON account.user_profiles TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON account.user_profiles FOR SELECT TO wyckoff_console USING (true);
