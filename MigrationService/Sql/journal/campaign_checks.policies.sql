ALTER TABLE journal.campaign_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON journal.campaign_checks TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON journal.campaign_checks TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON journal.campaign_checks FOR SELECT TO wyckoff_console USING (true);
