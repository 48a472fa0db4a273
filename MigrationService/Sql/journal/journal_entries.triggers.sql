CREATE TRIGGER touch BEFORE UPDATE ON journal.journal_entries
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
