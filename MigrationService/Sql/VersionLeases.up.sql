-- Readers of whom many ask for the same windows may go by a version for a moment without asking again. Writers see to it that the version is right for as long: they wait
-- the moment out before what they wrote can be seen. Where there are no such readers nobody waits.

CREATE FUNCTION market.version_lease() RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT interval '20 milliseconds' $$;
COMMENT ON FUNCTION market.version_lease() IS
  'For how long a version may be gone by that was read after the lock of its window (market.window_lock) was seen to be free, counted from before that look, by readers who have called market.lease_versions() less than a minute ago.';

CREATE FUNCTION market.lease_versions() RETURNS interval LANGUAGE sql SET search_path = pg_catalog AS $$
  INSERT INTO market.leases AS l (name, holder, version, until) VALUES ('versions', 'readers', 1, clock_timestamp() + interval '2 minutes')
    -- Never shorter: it belongs to all of them.
    ON CONFLICT (name) DO UPDATE SET until = greatest(l.until, EXCLUDED.until)
    RETURNING market.version_lease()
$$;
COMMENT ON FUNCTION market.lease_versions() IS 'Has writers wait for the leases of versions, for two minutes from now. Gives how long such a lease is.';

CREATE FUNCTION market.has_version_leases() RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  -- A transaction that looks at one snapshot might not see a reader that came after it began.
  RETURN current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
      OR EXISTS (SELECT FROM market.leases WHERE name = 'versions' AND until > clock_timestamp());
END $$;
COMMENT ON FUNCTION market.has_version_leases() IS 'Whether a reader may hold leases of versions.';

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
CREATE CONSTRAINT TRIGGER outlast_lease AFTER UPDATE OF version ON market.bar_windows DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION market.outlast_version_lease();

CREATE FUNCTION market.outlast_version_leases() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(key) FROM (SELECT market.window_lock(ticker_id, timeframe) FROM removed ORDER BY 1) w (key);
  IF FOUND AND market.has_version_leases() THEN
    PERFORM pg_sleep(extract(epoch FROM market.version_lease()));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER outlast_leases AFTER DELETE ON market.bar_windows REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION market.outlast_version_leases();

REVOKE EXECUTE ON FUNCTION market.outlast_version_lease(), market.outlast_version_leases() FROM PUBLIC;
