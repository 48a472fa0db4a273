CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.positions
  FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER check_allocation_insert AFTER INSERT ON wyckoff.positions
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION wyckoff.check_allocation_of_positions();
CREATE TRIGGER check_allocation_update AFTER UPDATE ON wyckoff.positions
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION wyckoff.check_allocation_of_positions();
