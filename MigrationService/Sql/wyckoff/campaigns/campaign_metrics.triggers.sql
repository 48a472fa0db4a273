CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.campaign_metrics
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
