ALTER TABLE journal.broker_connections ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON journal.broker_connections TO wyckoff_app
  USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON journal.broker_connections TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON journal.broker_connections FOR SELECT TO wyckoff_console USING (true);
