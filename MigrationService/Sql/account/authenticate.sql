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
  -- Update at most once a minute, so that not every request is a write. SKIP LOCKED: concurrent requests with this key do not wait.
  UPDATE account.api_keys k
     SET last_used_at = now()
   WHERE k.id = (
     SELECT due.id
       FROM account.api_keys due
      WHERE due.id = found_key AND (due.last_used_at IS NULL OR due.last_used_at < now() - interval '1 minute')
        FOR UPDATE SKIP LOCKED);
  RETURN found_account;
END $$;
COMMENT ON FUNCTION account.authenticate(bytea) IS
  'Returns the account that owns a valid API key with this SHA-256 hash, or NULL. Unknown, revoked and expired keys and deactivated '
  'accounts are not told apart.';
REVOKE EXECUTE ON FUNCTION account.authenticate(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.authenticate(bytea) TO wyckoff_app, wyckoff_worker;
