-- Not on last_used_at: an entry per request would fill the audit trail.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OF account_id, name, prefix, key_hash, expires_at, revoked_at OR DELETE ON account.api_keys
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('api_key', 'id', 'key_hash', 'name');
