CREATE FUNCTION trading.record_trade(
  symbol text,
  side trading.trade_side,
  quantity numeric,
  price numeric,
  exchange text,
  exchange_trade_id text DEFAULT NULL,
  fee numeric DEFAULT 0,
  strategy_id uuid DEFAULT NULL,
  order_id uuid DEFAULT NULL,
  entry_price numeric DEFAULT NULL,
  exit_price numeric DEFAULT NULL,
  pnl numeric DEFAULT NULL,
  pnl_percentage numeric DEFAULT NULL,
  stop_loss numeric DEFAULT NULL,
  take_profit numeric DEFAULT NULL,
  exchange_order_id text DEFAULT NULL,
  market_conditions jsonb DEFAULT NULL,
  execution_latency_ms int DEFAULT NULL,
  slippage numeric DEFAULT NULL,
  "time" timestamptz DEFAULT NULL,
  id uuid DEFAULT NULL,
  OUT trade_id uuid,
  OUT created boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  acting bigint := trading.acting_account();
  attempt int := 1;
  broken text;
BEGIN
  PERFORM trading.require_strategy(record_trade.strategy_id, acting);
  LOOP
    SELECT k.trade_id INTO record_trade.trade_id
      FROM trading.trade_keys k
     WHERE k.account_id = acting
       AND ((k.exchange = record_trade.exchange AND k.exchange_trade_id = record_trade.exchange_trade_id)
         OR k.trade_id = record_trade.id);
    IF FOUND THEN
      created := false;
      RETURN;
    END IF;

    BEGIN
      INSERT INTO trading.trades (
        id, time, account_id, strategy_id, order_id, symbol, side, quantity, price, fee, entry_price, exit_price, pnl, pnl_percentage,
        stop_loss, take_profit, exchange, exchange_trade_id, exchange_order_id, market_conditions, execution_latency_ms, slippage)
      VALUES (
        coalesce(record_trade.id, public.uuid_v7()), coalesce(record_trade.time, now()), acting,
        record_trade.strategy_id, record_trade.order_id, record_trade.symbol, record_trade.side,
        record_trade.quantity, record_trade.price, record_trade.fee, record_trade.entry_price, record_trade.exit_price,
        record_trade.pnl, record_trade.pnl_percentage, record_trade.stop_loss, record_trade.take_profit,
        record_trade.exchange, record_trade.exchange_trade_id, record_trade.exchange_order_id,
        record_trade.market_conditions, record_trade.execution_latency_ms, record_trade.slippage)
      RETURNING trades.id INTO record_trade.trade_id;
      created := true;
      RETURN;
    EXCEPTION WHEN unique_violation THEN
      -- A concurrent call recorded the trade: the next round finds it. An id of another account is never found.
      GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
      IF attempt = 3 THEN
        RAISE unique_violation USING MESSAGE = 'This trade id cannot be used.', CONSTRAINT = broken;
      END IF;
      attempt := attempt + 1;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION trading.record_trade IS
  'Records an execution for the account in app.account_id. Recording the same exchange_trade_id (or id) again changes nothing and '
  'returns the existing trade with created = false.';
REVOKE EXECUTE ON FUNCTION trading.record_trade FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.record_trade TO wyckoff_app, wyckoff_worker;
