CREATE FUNCTION account.authenticate(credential_hash bytea)
RETURNS TABLE (account_id bigint, key_id bigint, session_id bigint, scope text, is_admin boolean, expires_at timestamptz,
  last_used_at timestamptz)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog AS $$
  -- A key of the scope admin is worth no more than its account: when the account stops being an administrator's, so does the key.
  SELECT a.id, k.id, NULL::bigint, CASE WHEN k.scope = 'admin' AND NOT a.is_admin THEN 'write' ELSE k.scope END, a.is_admin,
         k.expires_at, k.last_used_at
    FROM account.api_keys k JOIN account.user_accounts a ON a.id = k.account_id
   WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) AND a.is_active
  UNION ALL
  SELECT a.id, NULL, s.id, CASE WHEN a.is_admin THEN 'admin' ELSE 'write' END, a.is_admin, s.expires_at, s.last_used_at
    FROM account.sessions s JOIN account.user_accounts a ON a.id = s.account_id
   WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND a.is_active
$$;
COMMENT ON FUNCTION account.authenticate(bytea) IS
  'Returns who calls with the API key or session token that has this SHA-256 hash. No row for an unknown, revoked or expired one, or one '
  'of a deactivated account: they are not told apart. Changes nothing, so a standby can answer too.';
REVOKE EXECUTE ON FUNCTION account.authenticate(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.authenticate(bytea) TO wyckoff_app, wyckoff_worker;
