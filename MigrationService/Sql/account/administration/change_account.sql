CREATE FUNCTION account.change_account(target bigint, active boolean, admin boolean, revisions text[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  person record;
  ways   bigint[];
BEGIN
  PERFORM account.require_admin();
  ways := account.ways_in();
  SELECT a.is_active AND a.is_admin AS is_administrator, a.external_user_id = 'local' AS is_local, a.xmin::text AS revision INTO person
    FROM account.user_accounts a WHERE a.id = target FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'unknown';
  ELSIF person.revision <> ALL (revisions) THEN
    RETURN 'changed_meanwhile';
  ELSIF person.is_administrator AND (NOT active OR NOT admin) THEN
    -- The local account needs no key in local mode.
    IF (target = ANY (ways) OR person.is_local) AND array_remove(ways, target) = '{}' THEN
      RETURN 'last_administrator';
    END IF;
  END IF;

  UPDATE account.user_accounts a SET is_active = coalesce(active, a.is_active), is_admin = coalesce(admin, a.is_admin)
   WHERE a.id = target AND (a.is_active, a.is_admin) <> (coalesce(active, a.is_active), coalesce(admin, a.is_admin));
  IF NOT active THEN
    -- Keys rest while the account is not active, and work again when it is. Browsers must sign in again.
    UPDATE account.sessions s SET revoked_at = greatest(now(), s.created_at) WHERE s.account_id = target AND s.revoked_at IS NULL;
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION account.change_account(bigint, boolean, boolean, text[]) IS
  'Sets for an administrator whether an account is active and whether it is an administrator''s; NULL leaves it. Returns NULL, or why '
  'nothing was changed: unknown, changed_meanwhile (revisions has not the current one) or last_administrator.';
REVOKE EXECUTE ON FUNCTION account.change_account(bigint, boolean, boolean, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.change_account(bigint, boolean, boolean, text[]) TO wyckoff_app;
