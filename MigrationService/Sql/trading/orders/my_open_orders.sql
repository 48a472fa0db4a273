-- The comparison of enums is not leakproof, so PostgreSQL does not push a condition on status through the security barrier of my_orders
-- to the index of open orders. This view contains the condition.
CREATE VIEW trading.my_open_orders WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.orders WHERE account_id = account.current_id() AND status IN ('pending', 'partial');
COMMENT ON VIEW trading.my_open_orders IS 'The orders in my_orders that may still be filled. Reads them through the index of open orders.';
GRANT SELECT ON trading.my_open_orders TO wyckoff_app, wyckoff_worker;
