CREATE TRIGGER touch BEFORE UPDATE ON market.tickers
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER remove_bars AFTER DELETE ON market.tickers
  REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION market.remove_bars_of_tickers();
