CREATE FUNCTION trading.acting_account() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  acting bigint := account.current_id();
BEGIN
  IF acting IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'No account is named: set app.account_id in this transaction first.';
  END IF;
  RETURN acting;
END $$;
COMMENT ON FUNCTION trading.acting_account() IS 'Returns the account in app.account_id; raises an error when there is none.';
REVOKE EXECUTE ON FUNCTION trading.acting_account FROM PUBLIC;
