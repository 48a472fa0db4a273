CREATE TRIGGER touch BEFORE UPDATE ON account.waitlist
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account.waitlist
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('waitlist', 'id', 'name', 'email', 'referral_source', 'notes');
