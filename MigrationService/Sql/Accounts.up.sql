CREATE FUNCTION account.current_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting('app.account_id', true), '')::bigint
$$;
COMMENT ON FUNCTION account.current_id() IS 'The account this transaction works for: set_config(''app.account_id'', …, true) inside it. NULL when none is set, and then no account-owned row is there.';
REVOKE EXECUTE ON FUNCTION account.current_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.current_id() TO wyckoff_app, wyckoff_worker, wyckoff_reader;

CREATE TRIGGER touch BEFORE UPDATE ON account.user_accounts FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON account.user_profiles FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON account.user_rules FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON account.waitlist FOR EACH ROW EXECUTE FUNCTION public.touch_row();

-- Personal data is hidden too: it must be erasable, and the audit trail is not.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account.user_accounts FOR EACH ROW
  EXECUTE FUNCTION audit.record_change('account', 'id', 'name', 'email', 'google_id', 'external_user_id', 'profile_picture_url', 'phone', 'address', 'date_of_birth', 'gender');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account.user_profiles FOR EACH ROW EXECUTE FUNCTION audit.record_change('user_profile', 'id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account.user_rules FOR EACH ROW EXECUTE FUNCTION audit.record_change('user_rule', 'id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account.waitlist FOR EACH ROW EXECUTE FUNCTION audit.record_change('waitlist', 'id', 'name', 'email', 'notes');
-- Not last_used_at: an entry per request would bury the rest.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OF account_id, name, prefix, key_hash, expires_at, revoked_at OR DELETE ON account.api_keys FOR EACH ROW
  EXECUTE FUNCTION audit.record_change('api_key', 'id', 'key_hash');

-- The three doors for a caller who has no account yet. They tell an account's id to whoever knows its secret, and nothing else to anybody.
CREATE FUNCTION account.sign_in(google_id text, email text, name text, profile_picture_url text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  found account.user_accounts%ROWTYPE;
BEGIN
  -- Two first sign-ins of one person at once: the second finds what the first made.
  PERFORM pg_advisory_xact_lock(hashtextextended('account.sign_in ' || sign_in.google_id, 0));
  SELECT * INTO found FROM account.user_accounts a WHERE a.google_id = sign_in.google_id;
  IF found.id IS NULL THEN
    INSERT INTO account.user_accounts (external_user_id, name, email, google_id, auth_provider, profile_picture_url)
    VALUES ('google:' || sign_in.google_id, sign_in.name, lower(sign_in.email), sign_in.google_id, 'google', sign_in.profile_picture_url)
    RETURNING * INTO found;
    INSERT INTO account.user_profiles (user_account_id) VALUES (found.id);
  ELSIF found.is_active AND (found.email, found.profile_picture_url) IS DISTINCT FROM (lower(sign_in.email), coalesce(sign_in.profile_picture_url, found.profile_picture_url)) THEN
    -- Google is the authority on the address; the name may have been changed here.
    UPDATE account.user_accounts a SET email = lower(sign_in.email), profile_picture_url = coalesce(sign_in.profile_picture_url, a.profile_picture_url) WHERE a.id = found.id;
  END IF;
  RETURN CASE WHEN found.is_active THEN found.id END;
END $$;
COMMENT ON FUNCTION account.sign_in(text, text, text, text) IS 'The id of the account with this verified Google id, made at the first sign-in; NULL when the account is deactivated.';

CREATE FUNCTION account.authenticate(key_hash bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  found_key     bigint;
  found_account bigint;
BEGIN
  SELECT k.id, k.account_id INTO found_key, found_account
    FROM account.api_keys k JOIN account.user_accounts a ON a.id = k.account_id
   WHERE k.key_hash = authenticate.key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) AND a.is_active;
  -- Once a minute is enough to know, and does not turn every request into a write; who is late to it goes without waiting.
  UPDATE account.api_keys k SET last_used_at = now()
   WHERE k.id = (SELECT due.id FROM account.api_keys due WHERE due.id = found_key AND (due.last_used_at IS NULL OR due.last_used_at < now() - interval '1 minute') FOR UPDATE SKIP LOCKED);
  RETURN found_account;
END $$;
COMMENT ON FUNCTION account.authenticate(bytea) IS 'The account whose valid API key has this SHA-256 hash, or NULL: unknown, revoked, expired and deactivated look the same.';

CREATE FUNCTION account.join_waitlist(name text, email text, referral_source text DEFAULT NULL) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  INSERT INTO account.waitlist (name, email, referral_source) VALUES ($1, lower($2), $3) ON CONFLICT (email) DO NOTHING
$$;
COMMENT ON FUNCTION account.join_waitlist(text, text, text) IS 'Puts an address on the waitlist, once; does not tell whether it was there.';

REVOKE EXECUTE ON FUNCTION account.sign_in(text, text, text, text), account.authenticate(bytea), account.join_waitlist(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.sign_in(text, text, text, text), account.authenticate(bytea), account.join_waitlist(text, text, text) TO wyckoff_app, wyckoff_worker;

GRANT USAGE ON SCHEMA account TO wyckoff_app, wyckoff_worker, wyckoff_reader;
-- Whom an account belongs to is for sign_in to say: so the app can neither make accounts nor find out by unique keys which exist.
GRANT SELECT, DELETE ON account.user_accounts TO wyckoff_app;
GRANT UPDATE (name, profile_picture_url, phone, address, date_of_birth, gender) ON account.user_accounts TO wyckoff_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON account.user_profiles, account.user_rules TO wyckoff_app;
GRANT SELECT, INSERT, DELETE ON account.api_keys TO wyckoff_app;
GRANT UPDATE (name, expires_at, revoked_at) ON account.api_keys TO wyckoff_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON account.user_accounts, account.user_profiles, account.user_rules, account.api_keys, account.waitlist TO wyckoff_worker;

ALTER TABLE account.user_accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.user_accounts TO wyckoff_app USING (id = account.current_id()) WITH CHECK (id = account.current_id());
CREATE POLICY all_rows ON account.user_accounts TO wyckoff_worker USING (true) WITH CHECK (true);
ALTER TABLE account.user_profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.user_profiles TO wyckoff_app USING (user_account_id = account.current_id()) WITH CHECK (user_account_id = account.current_id());
CREATE POLICY all_rows ON account.user_profiles TO wyckoff_worker USING (true) WITH CHECK (true);
ALTER TABLE account.user_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.user_rules TO wyckoff_app USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON account.user_rules TO wyckoff_worker USING (true) WITH CHECK (true);
ALTER TABLE account.api_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON account.api_keys TO wyckoff_app USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY all_rows ON account.api_keys TO wyckoff_worker USING (true) WITH CHECK (true);
-- The app has no grant here; should it ever get one, it still sees nothing.
ALTER TABLE account.waitlist ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON account.waitlist TO wyckoff_worker USING (true) WITH CHECK (true);
