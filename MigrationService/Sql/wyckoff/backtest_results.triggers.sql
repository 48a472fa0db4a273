CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.backtest_results
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
