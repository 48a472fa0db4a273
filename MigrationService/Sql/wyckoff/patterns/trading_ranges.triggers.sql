CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.trading_ranges
  FOR EACH ROW EXECUTE FUNCTION public.touch_versioned_row();
