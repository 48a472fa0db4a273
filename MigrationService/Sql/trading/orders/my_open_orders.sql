-- Comparing enums is not leakproof, so a condition on the status does not get through my_orders to the index of open orders. Here it stands inside.
CREATE VIEW trading.my_open_orders WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.orders WHERE account_id = account.current_id() AND status IN ('pending', 'partial');
COMMENT ON VIEW trading.my_open_orders IS 'Those of my_orders that may still be filled: the way to the index of open orders.';
GRANT SELECT ON trading.my_open_orders TO wyckoff_app, wyckoff_worker;
