CREATE VIEW trading.my_portfolio_snapshots WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.portfolio_snapshots WHERE account_id = account.current_id();
COMMENT ON VIEW trading.my_portfolio_snapshots IS
  'The snapshots of the account in app.account_id; strategy_id is NULL in those of the whole account.';
GRANT SELECT ON trading.my_portfolio_snapshots TO wyckoff_app, wyckoff_worker;
