-- Journal entries, decisions and checks are the trader's own thoughts: they are not copied into a trail that cannot be erased.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON journal.snaptrade_users FOR EACH ROW EXECUTE FUNCTION audit.record_change('snaptrade_user', 'id', 'snaptrade_user_secret');
