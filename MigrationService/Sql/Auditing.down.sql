DROP TRIGGER append_only ON audit.audit_trail;
DROP TRIGGER append_only_truncate ON audit.audit_trail;
DROP FUNCTION audit.record_change();
DROP FUNCTION audit.refuse_change();
