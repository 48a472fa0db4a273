CREATE FUNCTION market.forget_alternatives(before timestamptz) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog AS $$
  WITH forgotten AS (
    DELETE FROM market.alternative_bars WHERE kept_at < before RETURNING replaced_by
  ), cannot_undo AS (
    UPDATE market.import_batches SET can_undo = false
     WHERE can_undo AND id IN (SELECT replaced_by FROM forgotten)
  )
  SELECT count(*) FROM forgotten
$$;
COMMENT ON FUNCTION market.forget_alternatives(timestamptz) IS
  'Deletes the values that were replaced or skipped before a time. The imports that replaced them cannot be undone any more. Returns '
  'the number of deleted values.';
