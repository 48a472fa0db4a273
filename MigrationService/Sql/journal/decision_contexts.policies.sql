ALTER TABLE journal.decision_contexts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON journal.decision_contexts TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON journal.decision_contexts TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON journal.decision_contexts FOR SELECT TO wyckoff_console USING (true);
