CREATE TABLE trading.removed_trades (transaction xid8 NOT NULL DEFAULT pg_current_xact_id(), figures trading.trade_figures NOT NULL);
CREATE INDEX idx_removed_trades_transaction ON trading.removed_trades (transaction);
COMMENT ON TABLE trading.removed_trades IS 'Between the row trigger and the statement trigger of a DELETE on trades; empty outside of one. A transition table would do, but TimescaleDB refuses compression where a DELETE trigger has one.';
