ALTER TABLE journal.snaptrade_users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON journal.snaptrade_users TO wyckoff_app
  USING (user_account_id = account.current_id()) WITH CHECK (user_account_id = account.current_id());
CREATE POLICY all_rows ON journal.snaptrade_users TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON journal.snaptrade_users FOR SELECT TO wyckoff_console USING (true);
