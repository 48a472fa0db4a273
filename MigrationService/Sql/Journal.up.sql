CREATE TRIGGER touch BEFORE UPDATE ON journal.broker_connections FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON journal.decision_contexts FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON journal.journal_entries FOR EACH ROW EXECUTE FUNCTION public.touch_row();

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
CREATE TRIGGER ledger_delete BEFORE DELETE ON journal.trade_fills FOR EACH ROW EXECUTE FUNCTION journal.keep_fill();
CREATE TRIGGER ledger_update BEFORE UPDATE ON journal.trade_fills FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER ledger_truncate BEFORE TRUNCATE ON journal.trade_fills FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

-- Journal entries, decisions and checks are the trader's own thoughts: they are not copied into a trail that cannot be erased.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON journal.snaptrade_users FOR EACH ROW EXECUTE FUNCTION audit.record_change('snaptrade_user', 'id', 'snaptrade_user_secret');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON journal.broker_connections FOR EACH ROW EXECUTE FUNCTION audit.record_change('broker_connection', 'id', 'authorization_id', 'meta');
CREATE TRIGGER audit AFTER INSERT OR DELETE ON journal.trade_fills FOR EACH ROW EXECUTE FUNCTION audit.record_change('trade_fill', 'id', 'raw_data');

DO $$
BEGIN
  IF to_regclass('trading.strategies') IS NOT NULL THEN
    ALTER TABLE journal.decision_contexts ADD CONSTRAINT fk_decision_contexts_strategy FOREIGN KEY (strategy_id) REFERENCES trading.strategies (id) ON DELETE SET NULL;

    -- A foreign key looks past row-level security; this does not.
    CREATE FUNCTION journal.check_strategy() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
    BEGIN
      IF NOT EXISTS (SELECT FROM trading.strategies WHERE id = NEW.strategy_id AND (account_id = NEW.account_id OR is_benchmark)) THEN
        RAISE EXCEPTION 'There is no strategy % for this account.', NEW.strategy_id
          USING ERRCODE = 'foreign_key_violation', SCHEMA = 'journal', TABLE = 'decision_contexts', CONSTRAINT = 'fk_decision_contexts_strategy';
      END IF;
      RETURN NEW;
    END $f$;
    COMMENT ON FUNCTION journal.check_strategy() IS 'A decision may name a strategy of its own account or a benchmark, and cannot find out about others.';
    REVOKE EXECUTE ON FUNCTION journal.check_strategy() FROM PUBLIC;
    CREATE TRIGGER check_strategy BEFORE INSERT OR UPDATE OF strategy_id, account_id ON journal.decision_contexts FOR EACH ROW
      WHEN (NEW.strategy_id IS NOT NULL) EXECUTE FUNCTION journal.check_strategy();
  END IF;
  IF to_regclass('wyckoff.campaigns') IS NOT NULL THEN
    ALTER TABLE journal.journal_entries ADD CONSTRAINT fk_journal_entries_campaign FOREIGN KEY (campaign_id) REFERENCES wyckoff.campaigns (id) ON DELETE SET NULL;
  END IF;
  IF to_regclass('wyckoff.signals') IS NOT NULL THEN
    ALTER TABLE journal.journal_entries ADD CONSTRAINT fk_journal_entries_signal FOREIGN KEY (signal_id) REFERENCES wyckoff.signals (id) ON DELETE SET NULL;
  END IF;
END $$;

GRANT USAGE ON SCHEMA journal TO wyckoff_app, wyckoff_worker;
GRANT SELECT, INSERT ON journal.trade_fills TO wyckoff_app, wyckoff_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON journal.snaptrade_users, journal.broker_connections, journal.decision_contexts, journal.campaign_checks, journal.campaign_fills, journal.journal_entries
  TO wyckoff_app, wyckoff_worker;

DO $$
DECLARE
  owned text[];
BEGIN
  FOREACH owned SLICE 1 IN ARRAY ARRAY[
    ['snaptrade_users', 'user_account_id'], ['broker_connections', 'account_id'], ['trade_fills', 'account_id'], ['decision_contexts', 'account_id'],
    ['campaign_checks', 'account_id'], ['campaign_fills', 'account_id'], ['journal_entries', 'account_id']] LOOP
    EXECUTE format('ALTER TABLE journal.%I ENABLE ROW LEVEL SECURITY', owned[1]);
    EXECUTE format('CREATE POLICY own_rows ON journal.%1$I TO wyckoff_app USING (%2$I = account.current_id()) WITH CHECK (%2$I = account.current_id())', owned[1], owned[2]);
    EXECUTE format('CREATE POLICY all_rows ON journal.%I TO wyckoff_worker USING (true) WITH CHECK (true)', owned[1]);
  END LOOP;
END $$;
