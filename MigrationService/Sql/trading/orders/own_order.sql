CREATE FUNCTION trading.own_order(wanted uuid) RETURNS trading.orders
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  acting bigint := trading.acting_account();
  placed timestamptz;
  found_order trading.orders;
BEGIN
  -- Lock the key, not the order: an UPDATE of a hypertable that has to wait for another UPDATE of the row finds no row afterwards
  -- (seen with TimescaleDB 2.29).
  SELECT k.time INTO placed
    FROM trading.order_keys k
   WHERE k.order_id = wanted AND k.account_id = acting
     FOR NO KEY UPDATE;
  SELECT * INTO found_order FROM trading.orders o WHERE o.id = wanted AND o.time = placed;
  IF NOT FOUND THEN
    RAISE no_data_found USING MESSAGE = format('There is no order %s.', wanted);
  END IF;
  RETURN found_order;
END $$;
COMMENT ON FUNCTION trading.own_order(uuid) IS
  'Returns an order of the account in app.account_id and locks it. An order of another account counts as not existing.';
REVOKE EXECUTE ON FUNCTION trading.own_order FROM PUBLIC;
