CREATE FUNCTION account.ways_in() RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  -- Two administrators who deactivate each other, or delete their accounts, at the same time would leave none.
  PERFORM pg_advisory_xact_lock(hashtextextended('account.administrators', 0));
  RETURN ARRAY(
    SELECT a.id FROM account.user_accounts a
     WHERE a.is_active AND a.is_admin
       AND (a.id = account.current_id()
         OR a.external_user_id <> 'local' AND NOT starts_with(a.external_user_id, 'invited:')
         OR EXISTS (
           SELECT FROM account.api_keys k
            WHERE k.account_id = a.id AND k.scope = 'admin' AND k.revoked_at IS NULL
              AND (k.expires_at IS NULL OR k.expires_at > now()))));
END $$;
COMMENT ON FUNCTION account.ways_in() IS
  'Returns the administrators'' accounts that somebody can get in to: the one that acts now, and those that sign in with a provider or '
  'have a key of the scope admin. Until the end of the transaction no other account is deactivated or deleted.';
REVOKE EXECUTE ON FUNCTION account.ways_in() FROM PUBLIC;
