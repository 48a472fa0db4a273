CREATE TRIGGER record_keys AFTER INSERT ON prediction.trades
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION prediction.record_trade_keys();
