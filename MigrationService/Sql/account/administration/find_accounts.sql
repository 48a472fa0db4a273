CREATE FUNCTION account.find_accounts(wanted_id bigint, search text, active boolean, after_id bigint, most integer)
RETURNS TABLE (id bigint, email text, name text, auth_provider text, is_invited boolean, is_active boolean, is_admin boolean,
  active_keys integer, last_used_at timestamptz, created_at timestamptz, updated_at timestamptz, revision text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
  PERFORM account.require_admin();
  RETURN QUERY
    SELECT a.id, a.email::text, a.name::text, a.auth_provider::text, starts_with(a.external_user_id, 'invited:'), a.is_active, a.is_admin,
           (SELECT count(*)::integer FROM account.api_keys k
             WHERE k.account_id = a.id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())),
           greatest(
             (SELECT max(k.last_used_at) FROM account.api_keys k WHERE k.account_id = a.id),
             (SELECT max(s.last_used_at) FROM account.sessions s WHERE s.account_id = a.id)),
           a.created_at, a.updated_at, a.xmin::text
      FROM account.user_accounts a
     WHERE ($1 IS NULL OR a.id = $1)
       AND ($2 IS NULL OR strpos(a.email, lower($2)) > 0 OR strpos(lower(a.name), lower($2)) > 0)
       AND ($3 IS NULL OR a.is_active = $3)
       AND ($4 IS NULL OR a.id > $4)
     ORDER BY a.id LIMIT $5;
END $$;
COMMENT ON FUNCTION account.find_accounts(bigint, text, boolean, bigint, integer) IS
  'Returns accounts to an administrator, ordered by id: one by its id, or those whose name or address contains a text. Phone, address and '
  'other personal data stay with the account.';
REVOKE EXECUTE ON FUNCTION account.find_accounts(bigint, text, boolean, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.find_accounts(bigint, text, boolean, bigint, integer) TO wyckoff_app;
