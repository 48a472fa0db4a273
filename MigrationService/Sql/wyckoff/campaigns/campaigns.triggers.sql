CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.campaigns
  FOR EACH ROW EXECUTE FUNCTION public.touch_versioned_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON wyckoff.campaigns
  FOR EACH ROW EXECUTE FUNCTION audit.record_change('campaign', 'id');
CREATE TRIGGER check_allocation_update AFTER UPDATE ON wyckoff.campaigns
  REFERENCING OLD TABLE AS before NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION wyckoff.check_allocation_of_campaigns();
