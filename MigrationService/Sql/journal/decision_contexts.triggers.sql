CREATE TRIGGER touch BEFORE UPDATE ON journal.decision_contexts
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER check_strategy BEFORE INSERT OR UPDATE OF strategy_id, account_id ON journal.decision_contexts
  FOR EACH ROW WHEN (NEW.strategy_id IS NOT NULL) EXECUTE FUNCTION journal.check_strategy();
