-- Only the owner may drop a chunk, and no service may delete rows that are facts. The maintenance job calls this function for both.
CREATE FUNCTION public.drop_old(table_name regclass, time_column name, older_than timestamptz, at_most integer DEFAULT 50000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  gone bigint;
BEGIN
  IF (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = table_name) NOT IN ('market', 'trading', 'prediction') THEN
    RAISE insufficient_privilege USING MESSAGE = format('%s is no table of time series', table_name);
  END IF;
  IF to_regclass('timescaledb_information.hypertables') IS NOT NULL THEN
    EXECUTE 'SELECT count(*) FROM public.drop_chunks($1, older_than => $2)' INTO gone USING table_name, older_than;
  ELSE
    EXECUTE format(
      'DELETE FROM %s WHERE ctid = ANY (ARRAY (SELECT ctid FROM %s WHERE %I < $1 LIMIT $2))',
      table_name, table_name, time_column)
      USING older_than, at_most;
    GET DIAGNOSTICS gone = ROW_COUNT;
  END IF;
  RETURN gone;
END $$;
COMMENT ON FUNCTION public.drop_old(regclass, name, timestamptz, integer) IS
  'For editions without retention policies: drops the chunks of a hypertable that end before an instant, or deletes up to at_most rows '
  'of a plain table from before it. Returns how many.';
REVOKE EXECUTE ON FUNCTION public.drop_old(regclass, name, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.drop_old(regclass, name, timestamptz, integer) TO wyckoff_worker;
