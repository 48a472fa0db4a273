CREATE FUNCTION audit.find_entries(actor text, entity_type text, entity_id text, account_id bigint, event_type text, since timestamptz,
  until timestamptz, correlation_id uuid, before_id uuid, most integer)
RETURNS SETOF audit.audit_trail
-- A plan for these filters: a general one could not use the indexes.
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  -- The id begins with the milliseconds at which the entry was made, so the primary key serves ranges of time too.
  first_id uuid := CASE WHEN isfinite($6) THEN
    (lpad(to_hex(greatest(0, extract(epoch FROM $6 - interval '1 minute') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid END;
  last_id  uuid := CASE WHEN isfinite($7) THEN
    (lpad(to_hex(greatest(0, extract(epoch FROM $7 + interval '1 minute') * 1000)::bigint), 12, '0') || repeat('f', 20))::uuid END;
BEGIN
  PERFORM account.require_admin();
  RETURN QUERY
    SELECT e.*
      FROM audit.audit_trail e
     WHERE ($1 IS NULL OR e.actor = $1 OR starts_with(e.actor, $1 || ' '))
       AND ($2 IS NULL OR e.entity_type = $2)
       AND ($3 IS NULL OR e.entity_id = $3)
       AND ($4 IS NULL OR e.account_id = $4)
       AND ($5 IS NULL OR e.event_type = $5)
       AND ($6 IS NULL OR e."timestamp" >= $6)
       AND ($7 IS NULL OR e."timestamp" < $7)
       AND ($8 IS NULL OR e.correlation_id = $8)
       AND (first_id IS NULL OR e.id >= first_id)
       AND (last_id IS NULL OR e.id <= last_id)
       AND ($9 IS NULL OR e.id < $9)
     ORDER BY e.id DESC LIMIT $10;
END $$;
COMMENT ON FUNCTION audit.find_entries(text, text, text, bigint, text, timestamptz, timestamptz, uuid, uuid, integer) IS
  'Returns entries of all accounts to an administrator, newest first; within a millisecond in no particular order. The actor account:7 '
  'includes its keys and sessions. before_id is the last entry of the page before.';
REVOKE EXECUTE ON FUNCTION audit.find_entries(text, text, text, bigint, text, timestamptz, timestamptz, uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.find_entries(text, text, text, bigint, text, timestamptz, timestamptz, uuid, uuid, integer) TO wyckoff_app;
