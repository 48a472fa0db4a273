-- The ledger: what was filled was filled. It ends only with the account it belongs to, whose row is gone by the time its cascade comes here;
-- the foreign key sees to it that a fill without an account means just that.
CREATE FUNCTION journal.keep_fill() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF EXISTS (SELECT FROM account.user_accounts WHERE id = OLD.account_id) THEN
    RAISE EXCEPTION 'DELETE of journal.trade_fills is refused: the ledger keeps every fill for as long as its account exists.'
      USING ERRCODE = 'restrict_violation', SCHEMA = 'journal', TABLE = 'trade_fills', HINT = 'Deactivate a broker connection instead of deleting it.';
  END IF;
  RETURN OLD;
END $$;
COMMENT ON FUNCTION journal.keep_fill() IS 'BEFORE DELETE: lets a fill go only in the cascade of its account.';
REVOKE EXECUTE ON FUNCTION journal.keep_fill() FROM PUBLIC;
