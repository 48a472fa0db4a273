CREATE VIEW trading.my_orders WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.orders WHERE account_id = account.current_id();
COMMENT ON VIEW trading.my_orders IS 'The orders of the account in app.account_id.';
GRANT SELECT ON trading.my_orders TO wyckoff_app, wyckoff_worker;
