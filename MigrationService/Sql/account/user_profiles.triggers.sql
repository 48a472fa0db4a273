CREATE TRIGGER touch BEFORE UPDATE ON account.user_profiles
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
-- What people write about themselves is hidden, because it must be erasable and the audit trail is not.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account.user_profiles
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('user_profile', 'id', 'profile', 'site_prefs', 'stats');
