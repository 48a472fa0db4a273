-- A foreign key looks past row-level security; this does not.
CREATE FUNCTION journal.check_strategy() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM trading.strategies WHERE id = NEW.strategy_id AND (account_id = NEW.account_id OR is_benchmark)) THEN
    RAISE EXCEPTION 'There is no strategy % for this account.', NEW.strategy_id
      USING ERRCODE = 'foreign_key_violation', SCHEMA = 'journal', TABLE = 'decision_contexts', CONSTRAINT = 'fk_decision_contexts_strategy';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION journal.check_strategy() IS 'A decision may name a strategy of its own account or a benchmark, and cannot find out about others.';
REVOKE EXECUTE ON FUNCTION journal.check_strategy() FROM PUBLIC;
