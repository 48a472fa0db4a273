ALTER TABLE journal.journal_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON journal.journal_entries TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON journal.journal_entries TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON journal.journal_entries FOR SELECT TO wyckoff_console USING (true);
