CREATE FUNCTION trading.fill_order(
  order_id uuid,
  quantity numeric,
  price numeric,
  exchange_trade_id text DEFAULT NULL,
  fee numeric DEFAULT 0,
  entry_price numeric DEFAULT NULL,
  exit_price numeric DEFAULT NULL,
  pnl numeric DEFAULT NULL,
  pnl_percentage numeric DEFAULT NULL,
  stop_loss numeric DEFAULT NULL,
  take_profit numeric DEFAULT NULL,
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
  filled trading.orders := trading.own_order(fill_order.order_id);
BEGIN
  SELECT r.trade_id, r.created INTO fill_order.trade_id, fill_order.created
    FROM trading.record_trade(
      filled.symbol, filled.side::text::trading.trade_side, fill_order.quantity, fill_order.price,
      filled.exchange, fill_order.exchange_trade_id, fill_order.fee, filled.strategy_id, filled.id,
      fill_order.entry_price, fill_order.exit_price, fill_order.pnl, fill_order.pnl_percentage,
      fill_order.stop_loss, fill_order.take_profit, filled.exchange_order_id, fill_order.market_conditions,
      fill_order.execution_latency_ms, fill_order.slippage, fill_order.time, fill_order.id) AS r;
END $$;
COMMENT ON FUNCTION trading.fill_order IS
  'Records a fill of an order as a trade, and updates quantity, average price, value, fees and status of the order. Recording the same '
  'exchange_trade_id again changes nothing.';
REVOKE EXECUTE ON FUNCTION trading.fill_order FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.fill_order TO wyckoff_app, wyckoff_worker;
