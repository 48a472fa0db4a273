CREATE FUNCTION trading.keep_order_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO trading.order_keys (order_id, time, account_id, client_order_id, exchange, exchange_order_id)
    SELECT id, time, account_id, client_order_id, exchange, exchange_order_id FROM added ORDER BY id;
  ELSIF TG_OP = 'UPDATE' THEN
    UPDATE trading.order_keys k
       SET exchange_order_id = c.exchange_order_id
      FROM changed c
     WHERE k.order_id = c.id AND k.exchange_order_id IS DISTINCT FROM c.exchange_order_id;
  ELSIF current_setting('app.retention', true) IS DISTINCT FROM 'on' THEN
    DELETE FROM trading.order_keys WHERE order_id = OLD.id;
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION trading.keep_order_keys() IS
  'Trigger: maintains order_keys in the transaction of the order. Orders removed by retention keep their key, because an id is never '
  'used twice. Code that deletes rows for retention (without hypertables) sets app.retention to on.';
REVOKE EXECUTE ON FUNCTION trading.keep_order_keys FROM PUBLIC;
