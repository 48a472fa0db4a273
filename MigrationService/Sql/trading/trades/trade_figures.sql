CREATE TYPE trading.trade_figures AS (
  strategy_id uuid,
  total_trades int,
  closed_trades int,
  winning_trades int,
  total_pnl numeric,
  total_fees numeric
);
COMMENT ON TYPE trading.trade_figures IS 'The amounts that trades add to the figures of their strategy.';
