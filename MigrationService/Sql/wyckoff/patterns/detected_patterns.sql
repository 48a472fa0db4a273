-- Source document 1 uses two names for this table.
CREATE VIEW wyckoff.detected_patterns WITH (security_invoker = true) AS SELECT * FROM wyckoff.patterns;
COMMENT ON VIEW wyckoff.detected_patterns IS 'The table patterns under the long name that the source document uses.';
GRANT SELECT ON wyckoff.detected_patterns TO wyckoff_app, wyckoff_worker, wyckoff_reader;
GRANT INSERT, UPDATE, DELETE ON wyckoff.detected_patterns TO wyckoff_app, wyckoff_worker;
