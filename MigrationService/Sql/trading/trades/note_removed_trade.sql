CREATE FUNCTION trading.note_removed_trade() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('app.retention', true) IS DISTINCT FROM 'on' THEN
    DELETE FROM trading.trade_keys WHERE trade_id = OLD.id;
    IF OLD.strategy_id IS NOT NULL THEN
      INSERT INTO trading.removed_trades (figures)
      VALUES (ROW (
        OLD.strategy_id,
        -1,
        CASE WHEN OLD.pnl IS NULL THEN 0 ELSE -1 END,
        CASE WHEN OLD.pnl > 0 THEN -1 ELSE 0 END,
        -coalesce(OLD.pnl, 0),
        -OLD.fee
      )::trading.trade_figures);
    END IF;
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION trading.note_removed_trade() IS
  'Trigger: the row part of a DELETE on trades; follow_trades does the rest. What retention removes (app.retention is on) stays in the '
  'figures, as when a chunk is dropped.';
REVOKE EXECUTE ON FUNCTION trading.note_removed_trade FROM PUBLIC;
