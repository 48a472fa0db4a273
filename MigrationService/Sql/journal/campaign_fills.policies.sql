ALTER TABLE journal.campaign_fills ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON journal.campaign_fills TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON journal.campaign_fills TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON journal.campaign_fills FOR SELECT TO wyckoff_console USING (true);
