CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.signals
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON wyckoff.signals
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('signal', 'id');
CREATE TRIGGER check_pattern BEFORE INSERT OR UPDATE OF pattern_id, generated_at, symbol ON wyckoff.signals
  FOR EACH ROW WHEN (NEW.pattern_id IS NOT NULL) EXECUTE FUNCTION wyckoff.check_signal_pattern();
CREATE TRIGGER check_status BEFORE UPDATE OF status ON wyckoff.signals
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION wyckoff.check_signal_status();
CREATE TRIGGER log_new_status AFTER INSERT ON wyckoff.signals
  FOR EACH ROW EXECUTE FUNCTION wyckoff.log_signal_status();
CREATE TRIGGER log_status AFTER UPDATE OF status ON wyckoff.signals
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION wyckoff.log_signal_status();
