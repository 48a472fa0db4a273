CREATE TRIGGER touch BEFORE UPDATE ON journal.broker_connections
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON journal.broker_connections
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('broker_connection', 'id', 'authorization_id', 'meta');
