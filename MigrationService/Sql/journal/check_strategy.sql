-- A foreign key ignores row-level security; this check does not.
CREATE FUNCTION journal.check_strategy() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM trading.strategies WHERE id = NEW.strategy_id AND (account_id = NEW.account_id OR is_benchmark)) THEN
    RAISE EXCEPTION 'There is no strategy % for this account.', NEW.strategy_id
      USING
        ERRCODE = 'foreign_key_violation',
        SCHEMA = 'journal', TABLE = 'decision_contexts', CONSTRAINT = 'fk_decision_contexts_strategy';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION journal.check_strategy() IS
  'Trigger: a decision may name a strategy of its own account or a benchmark. The error does not reveal whether another account has the '
  'strategy.';
REVOKE EXECUTE ON FUNCTION journal.check_strategy() FROM PUBLIC;
