-- Readers of whom many ask for the same windows may go by a version for a moment without asking again. Writers see to it that the version is right for as long: they wait
-- the moment out before what they wrote can be seen. Where there are no such readers nobody waits.
CREATE FUNCTION market.version_lease() RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT interval '20 milliseconds' $$;
COMMENT ON FUNCTION market.version_lease() IS
  'For how long a version may be gone by that was read after the lock of its window (market.window_lock) was seen to be free, counted from before that look, by readers who have called market.lease_versions() less than a minute ago.';
