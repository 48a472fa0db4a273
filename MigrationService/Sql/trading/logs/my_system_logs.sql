CREATE VIEW trading.my_system_logs WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.system_logs WHERE account_id = account.current_id();
COMMENT ON VIEW trading.my_system_logs IS 'The log lines about the account in app.account_id.';
GRANT SELECT ON trading.my_system_logs TO wyckoff_app, wyckoff_worker;
