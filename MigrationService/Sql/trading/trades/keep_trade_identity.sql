CREATE FUNCTION trading.keep_trade_identity() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE check_violation USING
    MESSAGE = format('Trade %s cannot be changed so: its id, account, exchange and order stay.', OLD.id),
    CONSTRAINT = 'chk_trades_identity', SCHEMA = 'trading', TABLE = 'trades';
END $$;
COMMENT ON FUNCTION trading.keep_trade_identity() IS 'Trigger: a correction may not turn a trade into another one.';
REVOKE EXECUTE ON FUNCTION trading.keep_trade_identity FROM PUBLIC;
