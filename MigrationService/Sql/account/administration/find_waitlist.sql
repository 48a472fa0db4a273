CREATE FUNCTION account.find_waitlist(wanted_id bigint, wanted_status text, after_id bigint, most integer)
RETURNS TABLE (id bigint, email text, name text, status text, referral_source text, notes text, created_at timestamptz,
  updated_at timestamptz, account_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
  PERFORM account.require_admin();
  RETURN QUERY
    SELECT w.id, w.email::text, w.name::text, w.status::text, w.referral_source::text, w.notes, w.created_at, w.updated_at, a.id
      FROM account.waitlist w LEFT JOIN account.user_accounts a ON a.email = w.email
     WHERE ($1 IS NULL OR w.id = $1) AND ($2 IS NULL OR w.status = $2) AND ($3 IS NULL OR w.id > $3)
     ORDER BY w.id LIMIT $4;
END $$;
COMMENT ON FUNCTION account.find_waitlist(bigint, text, bigint, integer) IS
  'Returns entries of the waitlist to an administrator, oldest first, with the account that has the address.';
REVOKE EXECUTE ON FUNCTION account.find_waitlist(bigint, text, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.find_waitlist(bigint, text, bigint, integer) TO wyckoff_app;
