CREATE TRIGGER touch BEFORE UPDATE ON account.user_accounts
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
-- Personal data is hidden, because it must be erasable and the audit trail is not.
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account.user_accounts
  FOR EACH ROW EXECUTE FUNCTION audit.record_change(
    'account', 'id', 'name', 'email', 'google_id', 'external_user_id', 'profile_picture_url', 'phone', 'address',
    'date_of_birth', 'gender'
  );
