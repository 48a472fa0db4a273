-- sign_in, authenticate and join_waitlist serve callers without an account. They return an account's id for its secret, and nothing else.
CREATE FUNCTION account.sign_in(google_id text, email text, name text, profile_picture_url text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  found account.user_accounts%ROWTYPE;
BEGIN
  -- Of two concurrent first sign-ins of one person, the second waits and finds the account that the first created.
  PERFORM pg_advisory_xact_lock(hashtextextended('account.sign_in ' || sign_in.google_id, 0));
  SELECT * INTO found FROM account.user_accounts a WHERE a.google_id = sign_in.google_id;
  IF found.id IS NULL THEN
    INSERT INTO account.user_accounts (external_user_id, name, email, google_id, auth_provider, profile_picture_url)
    VALUES ('google:' || sign_in.google_id, sign_in.name, lower(sign_in.email), sign_in.google_id, 'google', sign_in.profile_picture_url)
    RETURNING * INTO found;
    INSERT INTO account.user_profiles (user_account_id) VALUES (found.id);
  ELSIF found.is_active
    AND (found.email, found.profile_picture_url)
      IS DISTINCT FROM (lower(sign_in.email), coalesce(sign_in.profile_picture_url, found.profile_picture_url)) THEN
    -- The address always comes from Google. The name stays, because the user may have changed it here.
    UPDATE account.user_accounts a
       SET email = lower(sign_in.email), profile_picture_url = coalesce(sign_in.profile_picture_url, a.profile_picture_url)
     WHERE a.id = found.id;
  END IF;
  RETURN CASE WHEN found.is_active THEN found.id END;
END $$;
COMMENT ON FUNCTION account.sign_in(text, text, text, text) IS
  'Returns the id of the account with this verified Google id and creates the account at the first sign-in. NULL when the account is '
  'deactivated.';
REVOKE EXECUTE ON FUNCTION account.sign_in(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.sign_in(text, text, text, text) TO wyckoff_app, wyckoff_worker;
