CREATE FUNCTION trading.record_snapshot(
  total_value numeric,
  cash_balance numeric,
  invested_value numeric,
  strategy_id uuid DEFAULT NULL,
  "time" timestamptz DEFAULT NULL,
  unrealized_pnl numeric DEFAULT 0,
  realized_pnl numeric DEFAULT 0,
  positions jsonb DEFAULT '[]',
  position_count int DEFAULT 0,
  total_exposure numeric DEFAULT 0,
  leverage numeric DEFAULT 1,
  var_1d numeric DEFAULT NULL,
  max_drawdown numeric DEFAULT NULL,
  total_return numeric DEFAULT NULL,
  daily_return numeric DEFAULT NULL,
  sharpe_ratio numeric DEFAULT NULL,
  volatility numeric DEFAULT NULL,
  beta numeric DEFAULT NULL,
  alpha numeric DEFAULT NULL,
  market_correlation numeric DEFAULT NULL,
  asset_allocation jsonb DEFAULT NULL,
  snapshot_trigger text DEFAULT 'scheduled'
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  acting bigint := trading.acting_account();
BEGIN
  PERFORM trading.require_strategy(record_snapshot.strategy_id, acting);
  INSERT INTO trading.portfolio_snapshots (
    time, account_id, strategy_id, total_value, cash_balance, invested_value, unrealized_pnl, realized_pnl, positions, position_count,
    total_exposure, leverage, var_1d, max_drawdown, total_return, daily_return, sharpe_ratio, volatility, beta, alpha,
    market_correlation, asset_allocation, snapshot_trigger)
  VALUES (
    coalesce(record_snapshot.time, now()), acting, record_snapshot.strategy_id,
    record_snapshot.total_value, record_snapshot.cash_balance, record_snapshot.invested_value,
    record_snapshot.unrealized_pnl, record_snapshot.realized_pnl, record_snapshot.positions, record_snapshot.position_count,
    record_snapshot.total_exposure, record_snapshot.leverage, record_snapshot.var_1d, record_snapshot.max_drawdown,
    record_snapshot.total_return, record_snapshot.daily_return, record_snapshot.sharpe_ratio, record_snapshot.volatility,
    record_snapshot.beta, record_snapshot.alpha, record_snapshot.market_correlation, record_snapshot.asset_allocation,
    record_snapshot.snapshot_trigger)
  ON CONFLICT (strategy_id, account_id, time) DO NOTHING;
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION trading.record_snapshot IS
  'Records the value of the account in app.account_id, or of one of its strategies. Returns false, and changes nothing, when there is a '
  'snapshot of that instant already.';
REVOKE EXECUTE ON FUNCTION trading.record_snapshot FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.record_snapshot TO wyckoff_app, wyckoff_worker;
