GRANT USAGE ON SCHEMA account TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
-- Only sign_in and administrators create accounts and set their owner. The app cannot create accounts, nor probe through unique keys which
-- ones exist.
-- An account is deleted with account.delete_own_account(true).
GRANT SELECT ON account.user_accounts TO wyckoff_app;
GRANT UPDATE (name, profile_picture_url, phone, address, date_of_birth, gender) ON account.user_accounts TO wyckoff_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON account.user_profiles, account.user_rules TO wyckoff_app;
GRANT SELECT, INSERT, DELETE ON account.sessions TO wyckoff_app;
-- A key keeps its scope, so that nobody widens one that is in use, and its row, so that one that was revoked cannot be added again.
GRANT SELECT, INSERT ON account.api_keys TO wyckoff_app;
GRANT UPDATE (name, expires_at, revoked_at) ON account.api_keys TO wyckoff_app;
GRANT UPDATE (revoked_at) ON account.sessions TO wyckoff_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  account.user_accounts, account.user_profiles, account.user_rules, account.api_keys, account.sessions, account.waitlist
  TO wyckoff_worker;
