CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.watchlist
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
