CREATE VIEW wyckoff.trade_signals WITH (security_invoker = true) AS SELECT * FROM wyckoff.signals;
COMMENT ON VIEW wyckoff.trade_signals IS 'signals, under the long name of the source document.';
GRANT SELECT ON wyckoff.trade_signals TO wyckoff_app, wyckoff_worker, wyckoff_reader;
GRANT INSERT, UPDATE, DELETE ON wyckoff.trade_signals TO wyckoff_app, wyckoff_worker;
