CREATE FUNCTION public.touch_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;
COMMENT ON FUNCTION public.touch_row() IS 'Trigger BEFORE UPDATE: sets updated_at.';
