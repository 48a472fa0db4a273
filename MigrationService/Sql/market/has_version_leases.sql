CREATE FUNCTION market.has_version_leases() RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  -- A transaction that looks at one snapshot might not see a reader that came after it began.
  RETURN current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
      OR EXISTS (SELECT FROM market.leases WHERE name = 'versions' AND until > clock_timestamp());
END $$;
COMMENT ON FUNCTION market.has_version_leases() IS 'Whether a reader may hold leases of versions.';
