CREATE MATERIALIZED VIEW trading.active_strategies AS
SELECT s.id AS strategy_id, s.account_id, s.name, s.type, s.direction, s.symbols, s.timeframes,
       s.total_trades, s.closed_trades, s.winning_trades,
       round(100.0 * s.winning_trades / nullif(s.closed_trades, 0), 4) AS win_rate,
       s.total_pnl, s.total_fees, s.total_pnl - s.total_fees AS net_pnl, s.max_drawdown, s.sharpe_ratio,
       coalesce(d.trades, 0) AS trades_24h, round(d.average_pnl, 8) AS average_pnl_24h, d.last_trade_at,
       now() AS refreshed_at
  FROM trading.strategies s
  LEFT JOIN (
    SELECT strategy_id, count(*) AS trades, avg(pnl) AS average_pnl, max(time) AS last_trade_at
      FROM trading.trades
     WHERE time >= now() - INTERVAL '24 hours' AND strategy_id IS NOT NULL
     GROUP BY strategy_id) d ON d.strategy_id = s.id
 WHERE s.status = 'active';
COMMENT ON MATERIALIZED VIEW trading.active_strategies IS
  'Active strategies of all accounts, with the number of executions and the mean P&L of closing ones in the 24 hours before '
  'refreshed_at. An account reads my_active_strategies.';
COMMENT ON COLUMN trading.active_strategies.win_rate IS 'Percentage of closed trades that won.';
CREATE UNIQUE INDEX idx_active_strategies_strategy_id ON trading.active_strategies (strategy_id);
CREATE INDEX idx_active_strategies_account_id ON trading.active_strategies (account_id);
GRANT SELECT ON trading.active_strategies TO wyckoff_worker;
