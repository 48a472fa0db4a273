-- Fills form a ledger and are deleted only with their account. The cascade runs after the account's row is gone, and the foreign key
-- guarantees that a fill without an account exists only then.
CREATE FUNCTION journal.keep_fill() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF EXISTS (SELECT FROM account.user_accounts WHERE id = OLD.account_id) THEN
    RAISE EXCEPTION 'DELETE of journal.trade_fills is refused: the ledger keeps every fill for as long as its account exists.'
      USING
        ERRCODE = 'restrict_violation', SCHEMA = 'journal', TABLE = 'trade_fills',
        HINT = 'Deactivate a broker connection instead of deleting it.';
  END IF;
  RETURN OLD;
END $$;
COMMENT ON FUNCTION journal.keep_fill() IS 'Trigger BEFORE DELETE: a fill is deleted only together with its account.';
REVOKE EXECUTE ON FUNCTION journal.keep_fill() FROM PUBLIC;
