CREATE VIEW trading.my_recent_performance WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.recent_performance WHERE account_id = account.current_id();
COMMENT ON VIEW trading.my_recent_performance IS 'recent_performance of the account in app.account_id.';
GRANT SELECT ON trading.my_recent_performance TO wyckoff_app, wyckoff_worker;
