CREATE TRIGGER touch BEFORE UPDATE ON prediction.markets
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
