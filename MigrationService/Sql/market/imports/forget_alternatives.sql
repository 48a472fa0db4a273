CREATE FUNCTION market.forget_alternatives(before timestamptz) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog AS $$
  WITH old AS (
    -- Rows that a writer is changing are left to the next round, because it takes its locks in another order. Nothing is forgotten while an
    -- import is being undone, which may need it.
    SELECT ctid, replaced_by
      FROM market.alternative_bars
     WHERE kept_at < before AND NOT EXISTS (SELECT FROM market.import_batches WHERE status = 'undoing')
       FOR UPDATE SKIP LOCKED
  ), cannot_undo AS (
    UPDATE market.import_batches SET can_undo = false
     WHERE can_undo AND id IN (SELECT replaced_by FROM old)
  ), forgotten AS (
    DELETE FROM market.alternative_bars a USING old WHERE a.ctid = old.ctid RETURNING 1
  )
  SELECT count(*) FROM forgotten
$$;
COMMENT ON FUNCTION market.forget_alternatives(timestamptz) IS
  'Deletes the values that were replaced or skipped before a time. The imports that replaced them cannot be undone any more. Returns '
  'the number of deleted values.';
