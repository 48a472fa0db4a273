CREATE FUNCTION trading.place_order(
  symbol text,
  side trading.order_side,
  type trading.order_type,
  quantity numeric,
  exchange text,
  client_order_id text DEFAULT NULL,
  price numeric DEFAULT NULL,
  stop_price numeric DEFAULT NULL,
  strategy_id uuid DEFAULT NULL,
  parent_order_id uuid DEFAULT NULL,
  time_in_force text DEFAULT 'gtc',
  expires_at timestamptz DEFAULT NULL,
  exchange_order_id text DEFAULT NULL,
  "time" timestamptz DEFAULT NULL,
  id uuid DEFAULT NULL,
  OUT order_id uuid,
  OUT created boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  acting bigint := trading.acting_account();
  attempt int := 1;
  same boolean;
  broken text;
BEGIN
  PERFORM trading.require_strategy(place_order.strategy_id, acting);
  LOOP
    SELECT k.order_id,
           o.id IS NULL
             OR (o.symbol, o.side, o.type, o.exchange)
               IS NOT DISTINCT FROM (place_order.symbol, place_order.side, place_order.type, place_order.exchange)
      INTO place_order.order_id, same
      FROM trading.order_keys k
      LEFT JOIN trading.orders o ON o.id = k.order_id AND o.time = k.time
     WHERE k.account_id = acting
       AND (k.client_order_id = place_order.client_order_id
         OR (k.exchange = place_order.exchange AND k.exchange_order_id = place_order.exchange_order_id)
         OR k.order_id = place_order.id)
     LIMIT 1;
    IF FOUND THEN
      created := false;
      -- Only columns that never change are compared: quantity and prices may have been amended. An order that retention removed cannot be
      -- compared.
      IF NOT same THEN
        RAISE unique_violation USING
          MESSAGE = format('This id already names another order (%s), of another symbol, side, type or exchange.', place_order.order_id),
          CONSTRAINT = 'idx_order_keys_account_id_client_order_id';
      END IF;
      RETURN;
    END IF;

    BEGIN
      INSERT INTO trading.orders (
        id, time, account_id, strategy_id, symbol, side, type, quantity, price, stop_price,
        exchange, exchange_order_id, client_order_id, time_in_force, expires_at, parent_order_id)
      VALUES (
        coalesce(place_order.id, public.uuid_v7()),
        coalesce(place_order.time, now()),
        acting,
        place_order.strategy_id,
        place_order.symbol,
        place_order.side,
        place_order.type,
        place_order.quantity,
        CASE WHEN place_order.type = 'stop' THEN coalesce(place_order.price, place_order.stop_price) ELSE place_order.price END,
        place_order.stop_price,
        place_order.exchange,
        place_order.exchange_order_id,
        place_order.client_order_id,
        place_order.time_in_force,
        place_order.expires_at,
        place_order.parent_order_id)
      RETURNING orders.id INTO place_order.order_id;
      created := true;
      RETURN;
    EXCEPTION WHEN unique_violation THEN
      -- A concurrent call placed the order: the next round finds it. An id of another account is never found.
      GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
      IF attempt = 3 THEN
        RAISE unique_violation USING MESSAGE = 'This order id cannot be used.', CONSTRAINT = broken;
      END IF;
      attempt := attempt + 1;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION trading.place_order IS
  'Places an order for the account in app.account_id. Placing the same client_order_id (or exchange_order_id, or id) again changes '
  'nothing and returns the existing order with created = false; an error when the existing order differs in symbol, side, type or '
  'exchange.';
REVOKE EXECUTE ON FUNCTION trading.place_order FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.place_order TO wyckoff_app, wyckoff_worker;
