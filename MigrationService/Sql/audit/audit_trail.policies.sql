-- An account may read the history of its own rows. Entries without an account are visible only to the cross-account jobs.
ALTER TABLE audit.audit_trail ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON audit.audit_trail FOR SELECT TO wyckoff_app
  USING (account_id = nullif(current_setting('app.account_id', true), '')::bigint);
CREATE POLICY all_rows ON audit.audit_trail FOR SELECT TO wyckoff_worker USING (true);
CREATE POLICY console ON audit.audit_trail FOR SELECT TO wyckoff_console USING (true);
