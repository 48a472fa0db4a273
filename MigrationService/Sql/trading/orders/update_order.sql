CREATE FUNCTION trading.update_order(
  order_id uuid,
  exchange_order_id text DEFAULT NULL,
  quantity numeric DEFAULT NULL,
  price numeric DEFAULT NULL,
  stop_price numeric DEFAULT NULL,
  expires_at timestamptz DEFAULT NULL,
  status trading.order_status DEFAULT NULL,
  filled_quantity numeric DEFAULT NULL,
  average_fill_price numeric DEFAULT NULL,
  total_fees numeric DEFAULT NULL,
  reject_reason text DEFAULT NULL,
  "at" timestamptz DEFAULT NULL
) RETURNS trading.order_status
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  former trading.orders := trading.own_order(update_order.order_id);
  result trading.order_status;
BEGIN
  UPDATE trading.orders o
     SET exchange_order_id = coalesce(update_order.exchange_order_id, o.exchange_order_id),
         quantity = coalesce(update_order.quantity, o.quantity),
         price = coalesce(update_order.price, o.price),
         stop_price = coalesce(update_order.stop_price, o.stop_price),
         expires_at = coalesce(update_order.expires_at, o.expires_at),
         status = coalesce(update_order.status, o.status),
         filled_quantity = coalesce(
           update_order.filled_quantity,
           CASE WHEN update_order.status = 'filled' THEN coalesce(update_order.quantity, o.quantity) END,
           o.filled_quantity),
         average_fill_price = coalesce(update_order.average_fill_price, o.average_fill_price),
         total_value = coalesce(update_order.filled_quantity * update_order.average_fill_price, o.total_value),
         total_fees = coalesce(update_order.total_fees, o.total_fees),
         reject_reason = coalesce(update_order.reject_reason, o.reject_reason),
         filled_at = CASE
           WHEN update_order.status = 'filled' THEN coalesce(o.filled_at, update_order.at)
           ELSE o.filled_at
         END,
         cancelled_at = CASE
           WHEN update_order.status = 'cancelled' THEN coalesce(o.cancelled_at, update_order.at)
           ELSE o.cancelled_at
         END
   WHERE o.id = former.id AND o.time = former.time
  RETURNING o.status INTO result;
  RETURN result;
END $$;
COMMENT ON FUNCTION trading.update_order IS
  'Amends an open order or records what the exchange reports about it; values that are not given stay. Returns its status. '
  'filled_quantity and average_fill_price are for exchanges that do not report single fills; otherwise use fill_order.';
REVOKE EXECUTE ON FUNCTION trading.update_order FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.update_order TO wyckoff_app, wyckoff_worker;
