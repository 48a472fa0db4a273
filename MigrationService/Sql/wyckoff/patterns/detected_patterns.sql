-- Source 1 names these tables in two ways.
CREATE VIEW wyckoff.detected_patterns WITH (security_invoker = true) AS SELECT * FROM wyckoff.patterns;
COMMENT ON VIEW wyckoff.detected_patterns IS 'patterns, under the long name of the source document.';
GRANT SELECT ON wyckoff.detected_patterns TO wyckoff_app, wyckoff_worker, wyckoff_reader;
GRANT INSERT, UPDATE, DELETE ON wyckoff.detected_patterns TO wyckoff_app, wyckoff_worker;
