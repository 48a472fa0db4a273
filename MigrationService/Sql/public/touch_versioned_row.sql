CREATE FUNCTION public.touch_versioned_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.updated_at := now();
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION public.touch_versioned_row() IS
  'Trigger BEFORE UPDATE: sets updated_at and increments version, whatever the statement says. A writer checks the version it read in '
  'its WHERE.';
