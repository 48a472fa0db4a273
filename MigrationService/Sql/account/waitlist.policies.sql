-- The app has no grant on this table. If it ever gets one, it still sees no rows.
ALTER TABLE account.waitlist ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON account.waitlist TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON account.waitlist FOR SELECT TO wyckoff_console USING (true);
