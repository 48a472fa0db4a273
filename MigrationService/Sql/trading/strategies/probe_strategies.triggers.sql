CREATE TRIGGER touch BEFORE UPDATE ON trading.probe_strategies
  FOR EACH ROW EXECUTE FUNCTION public.touch_versioned_row();
