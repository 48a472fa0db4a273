CREATE MATERIALIZED VIEW trading.recent_performance AS
SELECT t.strategy_id, s.account_id, s.name, date_trunc('day', now(), 'UTC') AS since,
       count(*) AS trades, count(t.pnl) AS closed_trades, count(*) FILTER (WHERE t.pnl > 0) AS winning_trades,
       round(100.0 * count(*) FILTER (WHERE t.pnl > 0) / nullif(count(t.pnl), 0), 4) AS win_rate,
       coalesce(sum(t.pnl), 0) AS total_pnl, sum(t.fee) AS total_fees, coalesce(sum(t.pnl), 0) - sum(t.fee) AS net_pnl,
       max(t.pnl) AS best_pnl, min(t.pnl) AS worst_pnl,
       sum(t.value) AS total_value, max(t.time) AS last_trade_at, now() AS refreshed_at
  FROM trading.trades t
  JOIN trading.strategies s ON s.id = t.strategy_id
 WHERE t.time >= date_trunc('day', now(), 'UTC')
 GROUP BY t.strategy_id, s.account_id, s.name;
COMMENT ON MATERIALIZED VIEW trading.recent_performance IS
  'The results of strategies of all accounts today (UTC), as of refreshed_at. An account reads my_recent_performance.';
COMMENT ON COLUMN trading.recent_performance.win_rate IS 'Percentage of closed trades that won.';
CREATE UNIQUE INDEX idx_recent_performance_strategy_id ON trading.recent_performance (strategy_id);
CREATE INDEX idx_recent_performance_account_id ON trading.recent_performance (account_id);
GRANT SELECT ON trading.recent_performance TO wyckoff_worker;
