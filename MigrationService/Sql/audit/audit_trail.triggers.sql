CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.audit_trail
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
-- Row triggers do not fire on TRUNCATE.
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit.audit_trail
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
