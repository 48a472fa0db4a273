-- Not on the figures. Otherwise every trade would make concurrent edits of the strategy stale, and appear in the audit trail twice.
CREATE TRIGGER touch BEFORE UPDATE OF account_id, is_benchmark, name, description, type, status, asset_type, direction,
    config, parameters, symbols, timeframes, entry_criteria, exit_criteria, max_positions, max_risk_per_trade,
    max_portfolio_risk, min_risk_reward, is_active, risk_profile, implied_strategy_family, created_by, version
  ON trading.strategies
  FOR EACH ROW EXECUTE FUNCTION public.touch_versioned_row();
CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE OF account_id, is_benchmark, name, description, type, status,
    asset_type, direction, config, parameters, symbols, timeframes, entry_criteria, exit_criteria, max_positions,
    max_risk_per_trade, max_portfolio_risk, min_risk_reward, is_active, risk_profile, implied_strategy_family,
    created_by, version
  ON trading.strategies
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('strategy', 'id', 'created_by');
