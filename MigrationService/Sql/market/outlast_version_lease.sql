-- With their owner's rights: who may write bars need not be allowed to see leases.
-- At the end of the transaction, and once for all of its windows: the first has it wait, for the others the time has passed.
CREATE FUNCTION market.outlast_version_lease() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  -- It was counted under the lock, so that no lease has been given since. The clock may have been set back.
  remaining CONSTANT interval := least(NEW.changed_at + market.version_lease() - clock_timestamp(), market.version_lease());
BEGIN
  IF remaining > interval '0' AND market.has_version_leases() THEN
    PERFORM pg_sleep(extract(epoch FROM remaining));
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION market.outlast_version_lease() FROM PUBLIC;
