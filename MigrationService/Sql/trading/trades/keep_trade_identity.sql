CREATE FUNCTION trading.keep_trade_identity() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE check_violation USING MESSAGE = format('Trade %s cannot be changed so: its id, account, exchange and order stay.', OLD.id), CONSTRAINT = 'chk_trades_identity', SCHEMA = 'trading', TABLE = 'trades';
END $$;
COMMENT ON FUNCTION trading.keep_trade_identity() IS 'A correction of a trade is a correction of that trade, and not another trade.';
REVOKE EXECUTE ON FUNCTION trading.keep_trade_identity FROM PUBLIC;
