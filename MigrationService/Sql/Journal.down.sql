DROP TRIGGER ledger_delete ON journal.trade_fills;
DROP TRIGGER IF EXISTS check_strategy ON journal.decision_contexts;
DROP FUNCTION journal.keep_fill();
DROP FUNCTION IF EXISTS journal.check_strategy();
