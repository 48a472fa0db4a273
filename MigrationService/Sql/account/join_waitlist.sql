CREATE FUNCTION account.join_waitlist(name text, email text, referral_source text DEFAULT NULL) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  INSERT INTO account.waitlist (name, email, referral_source) VALUES ($1, lower($2), $3) ON CONFLICT (email) DO NOTHING
$$;
COMMENT ON FUNCTION account.join_waitlist(text, text, text) IS
  'Adds an address to the waitlist unless it is there already. Does not reveal whether it was there.';
REVOKE EXECUTE ON FUNCTION account.join_waitlist(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.join_waitlist(text, text, text) TO wyckoff_app, wyckoff_worker;
