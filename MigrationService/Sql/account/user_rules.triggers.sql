CREATE TRIGGER touch BEFORE UPDATE ON account.user_rules
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
-- Free text is hidden, because it must be erasable and the audit trail is not. Parameters may have texts in them.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account.user_rules
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('user_rule', 'id', 'parameters', 'description');
