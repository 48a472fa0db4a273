CREATE VIEW trading.my_trades WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.trades WHERE account_id = account.current_id();
COMMENT ON VIEW trading.my_trades IS 'The trades of the account in app.account_id.';
GRANT SELECT ON trading.my_trades TO wyckoff_app, wyckoff_worker;
