CREATE FUNCTION account.local_account() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT id FROM account.user_accounts WHERE external_user_id = 'local' AND is_active
$$;
COMMENT ON FUNCTION account.local_account() IS
  'Returns the account that MigrationService makes for whoever runs this installation. The API acts for it where no sign-in is needed.';
REVOKE EXECUTE ON FUNCTION account.local_account() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.local_account() TO wyckoff_app, wyckoff_worker;
