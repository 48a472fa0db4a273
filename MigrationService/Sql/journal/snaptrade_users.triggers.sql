-- Journal entries, decisions and checks are private notes, so they are not copied into the audit trail, which cannot be erased.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON journal.snaptrade_users
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('snaptrade_user', 'id', 'snaptrade_user_id', 'snaptrade_user_secret');
