CREATE FUNCTION market.lease_versions() RETURNS interval LANGUAGE sql SET search_path = pg_catalog AS $$
  INSERT INTO market.leases AS l (name, holder, version, until) VALUES ('versions', 'readers', 1, clock_timestamp() + interval '2 minutes')
    -- Never shorter: it belongs to all of them.
    ON CONFLICT (name) DO UPDATE SET until = greatest(l.until, EXCLUDED.until)
    RETURNING market.version_lease()
$$;
COMMENT ON FUNCTION market.lease_versions() IS 'Has writers wait for the leases of versions, for two minutes from now. Gives how long such a lease is.';
