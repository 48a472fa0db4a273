CREATE TABLE trading.removed_trades (transaction xid8 NOT NULL DEFAULT pg_current_xact_id(), figures trading.trade_figures NOT NULL);
CREATE INDEX idx_removed_trades_transaction ON trading.removed_trades (transaction);
COMMENT ON TABLE trading.removed_trades IS
  'Passes rows from the row trigger to the statement trigger of a DELETE on trades; empty otherwise. A transition table cannot be used, '
  'because TimescaleDB refuses compression on a table whose DELETE trigger has one.';
