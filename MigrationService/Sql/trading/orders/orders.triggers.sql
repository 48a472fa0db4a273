CREATE TRIGGER check_parent BEFORE INSERT ON trading.orders
  FOR EACH ROW WHEN (NEW.parent_order_id IS NOT NULL) EXECUTE FUNCTION trading.check_parent_order();
CREATE TRIGGER keep_rules BEFORE UPDATE ON trading.orders
  FOR EACH ROW EXECUTE FUNCTION trading.keep_order_rules();
CREATE TRIGGER keep_keys_of_new AFTER INSERT ON trading.orders
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION trading.keep_order_keys();
CREATE TRIGGER keep_keys_of_changed AFTER UPDATE ON trading.orders
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION trading.keep_order_keys();
-- FOR EACH ROW, because TimescaleDB refuses compression on a table whose DELETE trigger has a transition table.
CREATE TRIGGER keep_keys_of_deleted AFTER DELETE ON trading.orders
  FOR EACH ROW EXECUTE FUNCTION trading.keep_order_keys();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON trading.orders
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('order', 'id');
