CREATE FUNCTION account.invite_account(email text, name text, admin boolean, OUT account_id bigint, OUT is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
  PERFORM account.require_admin();
  INSERT INTO account.user_accounts (external_user_id, name, email, auth_provider, is_admin)
  VALUES ('invited:' || gen_random_uuid(), $2, lower($1), 'local', $3)
  ON CONFLICT (email) DO NOTHING
  RETURNING id INTO account_id;
  is_new := account_id IS NOT NULL;
  IF is_new THEN
    INSERT INTO account.user_profiles (user_account_id) VALUES (account_id);
  ELSE
    SELECT a.id INTO account_id FROM account.user_accounts a WHERE a.email = lower($1);
  END IF;
END $$;
COMMENT ON FUNCTION account.invite_account(text, text, boolean) IS
  'Makes for an administrator the account of somebody who has not signed in yet: the first sign-in with the address links it. If the '
  'address has an account already, returns that and changes nothing.';
REVOKE EXECUTE ON FUNCTION account.invite_account(text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.invite_account(text, text, boolean) TO wyckoff_app;
