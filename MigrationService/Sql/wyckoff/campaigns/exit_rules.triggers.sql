CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.exit_rules
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
