CREATE VIEW trading.my_active_strategies WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.active_strategies WHERE account_id = account.current_id();
COMMENT ON VIEW trading.my_active_strategies IS 'active_strategies of the account in app.account_id.';
GRANT SELECT ON trading.my_active_strategies TO wyckoff_app, wyckoff_worker;
