CREATE TRIGGER follow_new AFTER INSERT ON trading.trades
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION trading.follow_trades();
CREATE TRIGGER follow_changed AFTER UPDATE ON trading.trades
  REFERENCING NEW TABLE AS changed OLD TABLE AS former
  FOR EACH STATEMENT EXECUTE FUNCTION trading.follow_trades();
CREATE TRIGGER note_removed AFTER DELETE ON trading.trades
  FOR EACH ROW EXECUTE FUNCTION trading.note_removed_trade();
CREATE TRIGGER follow_removed AFTER DELETE ON trading.trades
  FOR EACH STATEMENT EXECUTE FUNCTION trading.follow_trades();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON trading.trades
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('trade', 'id');
CREATE TRIGGER keep_identity BEFORE UPDATE ON trading.trades
  FOR EACH ROW WHEN (
    (NEW.id, NEW.account_id, NEW.exchange, NEW.order_id)
      IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.exchange, OLD.order_id))
  EXECUTE FUNCTION trading.keep_trade_identity();
