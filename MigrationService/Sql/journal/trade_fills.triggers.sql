CREATE TRIGGER ledger_delete BEFORE DELETE ON journal.trade_fills
  FOR EACH ROW EXECUTE FUNCTION journal.keep_fill();
CREATE TRIGGER ledger_update BEFORE UPDATE ON journal.trade_fills
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER ledger_truncate BEFORE TRUNCATE ON journal.trade_fills
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER audit AFTER INSERT OR DELETE ON journal.trade_fills
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('trade_fill', 'id', 'raw_data', 'tags');
