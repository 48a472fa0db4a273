CREATE VIEW wyckoff.trade_signals WITH (security_invoker = true) AS SELECT * FROM wyckoff.signals;
COMMENT ON VIEW wyckoff.trade_signals IS 'The table signals under the long name that the source document uses.';
GRANT SELECT ON wyckoff.trade_signals TO wyckoff_app, wyckoff_worker, wyckoff_reader;
GRANT INSERT, UPDATE, DELETE ON wyckoff.trade_signals TO wyckoff_app, wyckoff_worker;
