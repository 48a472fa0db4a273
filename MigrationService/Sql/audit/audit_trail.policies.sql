-- An account may read what happened to its own rows. What belongs to no account is for the cross-account jobs: better hidden than shown to the wrong one.
ALTER TABLE audit.audit_trail ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON audit.audit_trail FOR SELECT TO wyckoff_app USING (account_id = nullif(current_setting('app.account_id', true), '')::bigint);
CREATE POLICY all_rows ON audit.audit_trail FOR SELECT TO wyckoff_worker USING (true);
CREATE POLICY console ON audit.audit_trail FOR SELECT TO wyckoff_console USING (true);
