CREATE FUNCTION trading.add_to_strategies(deltas trading.trade_figures[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Lock in the order of the ids, so that two writers do not deadlock.
  PERFORM FROM trading.strategies s WHERE s.id IN (SELECT d.strategy_id FROM unnest(deltas) d) ORDER BY s.id FOR NO KEY UPDATE;
  UPDATE trading.strategies s
     SET total_trades = s.total_trades + d.total_trades,
         closed_trades = s.closed_trades + d.closed_trades,
         winning_trades = s.winning_trades + d.winning_trades,
         total_pnl = s.total_pnl + d.total_pnl,
         total_fees = s.total_fees + d.total_fees
    FROM unnest(deltas) d
   WHERE s.id = d.strategy_id;
END $$;
COMMENT ON FUNCTION trading.add_to_strategies(trading.trade_figures[]) IS
  'Adds to the figures of strategies, one array element per strategy.';
REVOKE EXECUTE ON FUNCTION trading.add_to_strategies FROM PUBLIC;
