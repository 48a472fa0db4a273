CREATE TRIGGER touch BEFORE UPDATE ON market.sync_coverage
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
