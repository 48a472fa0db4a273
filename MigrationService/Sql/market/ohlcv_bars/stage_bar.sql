CREATE FUNCTION market.stage_bar() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO pg_temp.staged_bars
    VALUES (CASE TG_OP WHEN 'UPDATE' THEN 'old' ELSE 'delete' END, OLD.symbol, OLD.timeframe, OLD.timestamp,
      OLD.open, OLD.high, OLD.low, OLD.close, OLD.volume, OLD.trade_count, OLD.vwap,
      OLD.source, OLD.quality_score, OLD.created_at, OLD.ticker_id);
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  INSERT INTO pg_temp.staged_bars
  VALUES (CASE TG_OP WHEN 'UPDATE' THEN 'new' ELSE 'insert' END, NEW.symbol, market.timeframe(NEW.timeframe), NEW.timestamp,
    -- A vwap of 0 is an unknown one, as in all sources of bars.
    NEW.open, NEW.high, NEW.low, NEW.close, NEW.volume, NEW.trade_count, nullif(NEW.vwap, 0),
    NEW.source, NEW.quality_score, NEW.created_at);
  RETURN NEW;
END $$;
COMMENT ON FUNCTION market.stage_bar() IS 'Second step of a write through ohlcv_bars: stages one row.';
REVOKE EXECUTE ON FUNCTION market.stage_bar() FROM PUBLIC;
