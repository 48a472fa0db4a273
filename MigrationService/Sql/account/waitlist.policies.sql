-- The app has no grant here; should it ever get one, it still sees nothing.
ALTER TABLE account.waitlist ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON account.waitlist TO wyckoff_worker USING (true) WITH CHECK (true);
CREATE POLICY console ON account.waitlist FOR SELECT TO wyckoff_console USING (true);
