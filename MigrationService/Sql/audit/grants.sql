-- No role may write: only the trigger adds entries, and it runs as the owner.
GRANT USAGE ON SCHEMA audit TO wyckoff_app, wyckoff_worker, wyckoff_console;
REVOKE ALL ON audit.audit_trail FROM PUBLIC;
GRANT SELECT ON audit.audit_trail TO wyckoff_app, wyckoff_worker;
