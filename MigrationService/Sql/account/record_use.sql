CREATE FUNCTION account.record_use(credential_hashes bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  -- SKIP LOCKED: another replica records the same use.
  UPDATE account.api_keys SET last_used_at = now()
   WHERE id IN (
     SELECT due.id FROM account.api_keys due
      WHERE due.key_hash = ANY ($1) AND (due.last_used_at IS NULL OR due.last_used_at < now() - interval '1 minute')
        FOR UPDATE SKIP LOCKED);
  UPDATE account.sessions SET last_used_at = now()
   WHERE id IN (
     SELECT due.id FROM account.sessions due
      WHERE due.token_hash = ANY ($1) AND (due.last_used_at IS NULL OR due.last_used_at < now() - interval '1 minute')
        FOR UPDATE SKIP LOCKED)
$$;
COMMENT ON FUNCTION account.record_use(bytea[]) IS
  'Sets last_used_at of API keys and sessions, at most once a minute each, so that not every request is a write.';
REVOKE EXECUTE ON FUNCTION account.record_use(bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.record_use(bytea[]) TO wyckoff_app, wyckoff_worker;
