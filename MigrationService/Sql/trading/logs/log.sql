CREATE FUNCTION trading.log(
  service text,
  level trading.log_level,
  message text,
  component text DEFAULT NULL,
  details jsonb DEFAULT NULL,
  strategy_id uuid DEFAULT NULL,
  trade_id uuid DEFAULT NULL,
  order_id uuid DEFAULT NULL,
  user_id text DEFAULT NULL,
  session_id text DEFAULT NULL,
  request_id text DEFAULT NULL,
  execution_time_ms numeric DEFAULT NULL,
  memory_usage_mb numeric DEFAULT NULL,
  error_code text DEFAULT NULL,
  stack_trace text DEFAULT NULL,
  version text DEFAULT NULL,
  environment text DEFAULT NULL,
  hostname text DEFAULT NULL,
  "time" timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM trading.require_strategy(log.strategy_id, account.current_id());
  INSERT INTO trading.system_logs (
    time, account_id, service, component, level, message, details, strategy_id, trade_id, order_id, user_id, session_id, request_id,
    execution_time_ms, memory_usage_mb, error_code, stack_trace, version, environment, hostname)
  VALUES (
    coalesce(log.time, clock_timestamp()), account.current_id(), log.service, log.component, log.level, log.message, log.details,
    log.strategy_id, log.trade_id, log.order_id, log.user_id, log.session_id, log.request_id,
    log.execution_time_ms, log.memory_usage_mb, log.error_code, log.stack_trace, log.version, log.environment, log.hostname);
END $$;
COMMENT ON FUNCTION trading.log IS 'Writes a log line about the account in app.account_id, or about no account when none is set.';
REVOKE EXECUTE ON FUNCTION trading.log FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.log TO wyckoff_app, wyckoff_worker;
