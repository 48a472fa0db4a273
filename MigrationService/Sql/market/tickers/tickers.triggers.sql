CREATE TRIGGER touch BEFORE UPDATE ON market.tickers
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER keep_negative_prices BEFORE UPDATE OF allows_negative ON market.tickers
  FOR EACH ROW WHEN (OLD.allows_negative AND NOT NEW.allows_negative) EXECUTE FUNCTION market.keep_negative_prices();
CREATE TRIGGER remove_bars AFTER DELETE ON market.tickers
  REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION market.remove_bars_of_tickers();
