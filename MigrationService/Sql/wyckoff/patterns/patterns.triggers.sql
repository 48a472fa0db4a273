CREATE TRIGGER check_detection_time BEFORE INSERT OR UPDATE OF detection_time, pattern_bar_timestamp, symbol, timeframe ON wyckoff.patterns
  FOR EACH ROW WHEN (NEW.timeframe = '1d') EXECUTE FUNCTION wyckoff.check_detection_time();
