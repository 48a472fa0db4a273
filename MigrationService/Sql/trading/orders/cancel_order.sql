CREATE FUNCTION trading.cancel_order(order_id uuid, "at" timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  former trading.orders := trading.own_order(cancel_order.order_id);
BEGIN
  IF former.status = 'cancelled' THEN
    RETURN false;
  END IF;
  UPDATE trading.orders o
     SET status = 'cancelled', cancelled_at = cancel_order.at
   WHERE o.id = former.id AND o.time = former.time;
  RETURN true;
END $$;
COMMENT ON FUNCTION trading.cancel_order IS
  'Cancels an open order; its fills stay. Returns false when it was cancelled already, and raises an error when it ended in another '
  'way.';
REVOKE EXECUTE ON FUNCTION trading.cancel_order FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.cancel_order TO wyckoff_app, wyckoff_worker;
