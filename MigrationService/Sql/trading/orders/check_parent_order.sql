CREATE FUNCTION trading.check_parent_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- FOR KEY SHARE, so that the parent cannot be deleted before this order exists. An order of another account counts as not existing.
  PERFORM FROM trading.order_keys k WHERE k.order_id = NEW.parent_order_id AND k.account_id = NEW.account_id FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING
      MESSAGE = format('There is no order %s to be the parent of this one.', NEW.parent_order_id),
      CONSTRAINT = 'fk_orders_parent', SCHEMA = 'trading', TABLE = 'orders';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION trading.check_parent_order() IS
  'Trigger: does the work of a foreign key from orders to orders, because a foreign key cannot reference a hypertable.';
REVOKE EXECUTE ON FUNCTION trading.check_parent_order FROM PUBLIC;
