CREATE FUNCTION account.delete_own_account(confirmed boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  acting bigint := account.current_id();
  person account.user_accounts%ROWTYPE;
  ways   bigint[];
BEGIN
  -- Only an administrator's deletion can leave none, and waits for others. Before the row is locked, as in change_account.
  IF EXISTS (SELECT FROM account.user_accounts WHERE id = acting AND is_admin) THEN
    ways := account.ways_in();
  END IF;
  IF confirmed THEN
    SELECT * INTO person FROM account.user_accounts WHERE id = acting FOR UPDATE;
  ELSE
    SELECT * INTO person FROM account.user_accounts WHERE id = acting;
  END IF;
  IF person.id IS NULL THEN
    RETURN 'gone';
  ELSIF person.external_user_id = 'local' THEN
    RETURN 'local';
  ELSIF person.is_admin AND array_remove(ways, acting) = '{}' THEN
    RETURN 'last_admin';
  ELSIF NOT confirmed THEN
    RETURN NULL;
  END IF;
  -- Neither has a foreign key that would do it.
  DELETE FROM account.waitlist WHERE email = person.email;
  UPDATE trading.strategies SET created_by = NULL WHERE account_id = acting AND created_by IS NOT NULL;
  DELETE FROM account.user_accounts WHERE id = acting;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION account.delete_own_account(boolean) IS
  'Deletes the account that this transaction acts for, with everything that cascades from it and its entry of the waitlist; its '
  'strategies stay without an owner. Without a confirmation nothing is deleted. Returns NULL, or why the account cannot be deleted: local '
  '(it is that of whoever runs the installation), last_admin or gone.';
REVOKE EXECUTE ON FUNCTION account.delete_own_account(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.delete_own_account(boolean) TO wyckoff_app;
