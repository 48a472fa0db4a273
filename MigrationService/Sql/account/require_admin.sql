CREATE FUNCTION account.require_admin() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  acting bigint := account.current_id();
BEGIN
  -- The verbs act as the owner of the schema, which may change everything anyhow. No service can take this role.
  IF current_setting('role') = 'wyckoff_owner' THEN
    RETURN acting;
  END IF;
  IF current_setting('app.scope', true) IS DISTINCT FROM 'admin'
    OR NOT EXISTS (SELECT FROM account.user_accounts WHERE id = acting AND is_admin AND is_active) THEN
    RAISE insufficient_privilege USING MESSAGE = 'This needs the scope admin of an administrator''s account.';
  END IF;
  RETURN acting;
END $$;
COMMENT ON FUNCTION account.require_admin() IS
  'Returns the account that this transaction acts for. Raises an error unless app.scope is admin and the account is an active '
  'administrator''s, or the session has taken the role of the owner, as the verbs do.';
REVOKE EXECUTE ON FUNCTION account.require_admin() FROM PUBLIC;
