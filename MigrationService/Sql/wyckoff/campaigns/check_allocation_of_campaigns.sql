CREATE FUNCTION wyckoff.check_allocation_of_campaigns() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM wyckoff.check_allocation((
    SELECT array_agg(n.id) FROM changed n JOIN before o USING (id) WHERE n.total_allocation < o.total_allocation));
  RETURN NULL;
END $$;
