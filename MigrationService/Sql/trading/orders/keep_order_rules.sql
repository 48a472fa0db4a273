CREATE FUNCTION trading.keep_order_rules() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fault text;
BEGIN
  IF (NEW.id, NEW.time, NEW.account_id, NEW.symbol, NEW.side, NEW.type, NEW.exchange,
      NEW.client_order_id, NEW.parent_order_id, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.time, OLD.account_id, OLD.symbol, OLD.side, OLD.type, OLD.exchange,
      OLD.client_order_id, OLD.parent_order_id, OLD.created_at) THEN
    fault := 'what an order is never changes: id, time, account, symbol, side, type, exchange, client_order_id, parent_order_id';
  ELSIF OLD.status NOT IN ('pending', 'partial') THEN
    -- Only these columns may still change: the exchange may report fees or its order id late, and the strategy may be deleted.
    IF to_jsonb(NEW) - '{strategy_id,total_fees,exchange_order_id,last_update_time,remaining_quantity}'::text[]
       IS DISTINCT FROM to_jsonb(OLD) - '{strategy_id,total_fees,exchange_order_id,last_update_time,remaining_quantity}'::text[] THEN
      fault := format('it is %s, and there is no way back', OLD.status);
    END IF;
  ELSIF NEW.filled_quantity < OLD.filled_quantity THEN
    fault := 'what is filled stays filled';
  ELSIF NEW.status = 'rejected' AND OLD.status = 'partial' THEN
    fault := 'it is partly filled, so it may be filled, cancelled or expire';
  ELSE
    IF NEW.status IN ('pending', 'partial') THEN
      NEW.status := CASE
        WHEN NEW.filled_quantity = 0 THEN 'pending'
        WHEN NEW.filled_quantity < NEW.quantity THEN 'partial'
        ELSE 'filled'
      END;
    END IF;
    -- greatest(): the clocks of client and server may differ, but an order cannot end before it was placed.
    IF NEW.status = 'filled' THEN
      NEW.filled_at := coalesce(NEW.filled_at, greatest(now(), NEW.time));
    END IF;
    IF NEW.status = 'cancelled' THEN
      NEW.cancelled_at := coalesce(NEW.cancelled_at, greatest(now(), NEW.time));
    END IF;
  END IF;
  IF fault IS NOT NULL THEN
    RAISE check_violation USING
      MESSAGE = format('Order %s cannot be changed so: %s.', OLD.id, fault),
      CONSTRAINT = 'chk_orders_transition', SCHEMA = 'trading', TABLE = 'orders';
  END IF;
  NEW.last_update_time := now();
  RETURN NEW;
END $$;
COMMENT ON FUNCTION trading.keep_order_rules() IS
  'Trigger: status follows the filled quantity. Allowed are pending → partial → filled, and from the open ones cancelled, rejected '
  '(only from pending) or expired; these are final. Errors name chk_orders_transition.';
REVOKE EXECUTE ON FUNCTION trading.keep_order_rules FROM PUBLIC;
