CREATE FUNCTION public.touch_versioned_row() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.updated_at := now();
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION public.touch_versioned_row() IS 'BEFORE UPDATE: keeps updated_at and counts version up, whatever the statement says; a writer names the version it read in its WHERE.';
