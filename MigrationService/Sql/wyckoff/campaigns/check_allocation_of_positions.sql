CREATE FUNCTION wyckoff.check_allocation_of_positions() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM wyckoff.check_allocation((SELECT array_agg(DISTINCT campaign_id) FROM changed WHERE status = 'OPEN'));
  RETURN NULL;
END $$;
