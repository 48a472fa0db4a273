-- sign_in, authenticate and join_waitlist serve callers without an account. They return an account's id for its secret, and nothing else.
CREATE FUNCTION account.sign_in(
  provider text, subject text, email text, name text, profile_picture_url text, invited_only boolean,
  OUT account_id bigint, OUT refusal text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
  identity text := sign_in.provider || ':' || sign_in.subject;
  wanted   text := lower(sign_in.email);
  person    account.user_accounts%ROWTYPE;
BEGIN
  -- Of two concurrent first sign-ins of one person, the second waits and finds the account that the first created.
  PERFORM pg_advisory_xact_lock(hashtextextended('account.sign_in ' || identity, 0));
  SELECT * INTO person FROM account.user_accounts a WHERE a.external_user_id = identity;
  IF person.id IS NULL THEN
    -- An account that an administrator made for this address. The provider has verified the address.
    UPDATE account.user_accounts a
       SET external_user_id = identity, auth_provider = sign_in.provider,
           google_id = CASE WHEN sign_in.provider = 'google' THEN sign_in.subject END,
           profile_picture_url = coalesce(sign_in.profile_picture_url, a.profile_picture_url)
     WHERE a.email = wanted AND a.external_user_id LIKE 'invited:%' AND a.is_active
    RETURNING * INTO person;
  END IF;

  IF person.id IS NULL THEN
    SELECT CASE WHEN a.external_user_id LIKE 'invited:%' THEN 'deactivated' ELSE 'address_taken' END INTO refusal
      FROM account.user_accounts a WHERE a.email = wanted;
    IF FOUND THEN
      RETURN;
    ELSIF sign_in.invited_only THEN
      refusal := 'not_invited';
      RETURN;
    END IF;
    INSERT INTO account.user_accounts (external_user_id, name, email, google_id, auth_provider, profile_picture_url)
    VALUES (identity, sign_in.name, wanted, CASE WHEN sign_in.provider = 'google' THEN sign_in.subject END, sign_in.provider,
            sign_in.profile_picture_url)
    ON CONFLICT DO NOTHING
    RETURNING * INTO person;
    IF person.id IS NULL THEN
      refusal := 'address_taken'; -- by another identity's first sign-in at the same time
      RETURN;
    END IF;
    INSERT INTO account.user_profiles (user_account_id) VALUES (person.id);
  ELSIF NOT person.is_active THEN
    refusal := 'deactivated';
    RETURN;
  ELSE
    -- The address comes from the provider, unless another account has it. Name and picture stay, because the user may have changed them.
    BEGIN
      UPDATE account.user_accounts a
         SET email = wanted
       WHERE a.id = person.id AND a.email <> wanted
         AND NOT EXISTS (SELECT FROM account.user_accounts other WHERE other.email = wanted);
      IF FOUND THEN
        -- So that the request for access is found, and deleted, with the account.
        UPDATE account.waitlist w SET email = wanted
         WHERE w.email = person.email AND NOT EXISTS (SELECT FROM account.waitlist other WHERE other.email = wanted);
      END IF;
    EXCEPTION WHEN unique_violation THEN
      NULL; -- somebody else got the address at this moment
    END;
  END IF;
  account_id := person.id;
END $$;
COMMENT ON FUNCTION account.sign_in(text, text, text, text, text, boolean) IS
  'Returns the account of an identity that its provider has verified. The first sign-in links the account that was made for the address, '
  'or creates one unless only invited people may sign in. Otherwise refusal is not_invited, deactivated or address_taken.';
REVOKE EXECUTE ON FUNCTION account.sign_in(text, text, text, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.sign_in(text, text, text, text, text, boolean) TO wyckoff_app, wyckoff_worker;
