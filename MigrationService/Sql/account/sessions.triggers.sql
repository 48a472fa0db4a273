-- Not on last_used_at: an entry per minute would fill the audit trail.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OF account_id, token_hash, expires_at, revoked_at OR DELETE ON account.sessions
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('session', 'id', 'token_hash', 'user_agent');
