-- Nobody may write: entries come from the trigger alone, which runs as the owner.
GRANT USAGE ON SCHEMA audit TO wyckoff_app, wyckoff_worker, wyckoff_console;
REVOKE ALL ON audit.audit_trail FROM PUBLIC;
GRANT SELECT ON audit.audit_trail TO wyckoff_app, wyckoff_worker;
