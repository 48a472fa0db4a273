CREATE FUNCTION audit.record_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Arguments: entity type, id column (several separated by commas), then the columns whose values are never recorded.
DECLARE
  hidden   text[] := coalesce(TG_ARGV[2:]::text[], '{}');
  old_row  jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  new_row  jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  this_row jsonb := coalesce(new_row, old_row);
  changed  text[];
  facts    jsonb := '{}';
BEGIN
  SELECT coalesce(array_agg(key ORDER BY key), '{}') INTO changed
    FROM jsonb_object_keys(this_row) AS key
   WHERE coalesce(old_row -> key, 'null') <> coalesce(new_row -> key, 'null') AND key NOT IN ('updated_at', 'version');
  IF TG_OP = 'UPDATE' AND changed = '{}' THEN
    RETURN NULL; -- the UPDATE changed no value
  END IF;

  IF old_row IS NOT NULL THEN
    facts := facts || jsonb_build_object('old', (
      SELECT coalesce(jsonb_object_agg(key, value), '{}')
        FROM jsonb_each(old_row)
       WHERE key <> ALL (hidden) AND (TG_OP = 'DELETE' OR key = ANY (changed))));
  END IF;
  IF new_row IS NOT NULL THEN
    facts := facts || jsonb_build_object('new', (
      SELECT coalesce(jsonb_object_agg(key, value), '{}')
        FROM jsonb_each(new_row)
       WHERE key <> ALL (hidden) AND (TG_OP = 'INSERT' OR key = ANY (changed))));
  END IF;
  -- Record that a secret changed, but not its value.
  IF changed && hidden THEN
    facts := facts || jsonb_build_object('hidden', (
      SELECT jsonb_agg(name ORDER BY name) FROM unnest(changed) AS name WHERE name = ANY (hidden)));
  END IF;

  INSERT INTO audit.audit_trail (event_type, entity_type, entity_id, account_id, "timestamp", actor, action, metadata, correlation_id)
  VALUES (
    TG_ARGV[0] || CASE TG_OP WHEN 'INSERT' THEN '.created' WHEN 'UPDATE' THEN '.updated' ELSE '.deleted' END,
    TG_ARGV[0],
    (SELECT string_agg(this_row ->> id_column, '/' ORDER BY position)
       FROM string_to_table(TG_ARGV[1], ',') WITH ORDINALITY AS ids (id_column, position)),
    CASE TG_ARGV[0]
      WHEN 'account' THEN this_row ->> 'id'
      ELSE coalesce(this_row ->> 'account_id', this_row ->> 'user_account_id')
    END::bigint,
    clock_timestamp(),
    left(coalesce(nullif(current_setting('app.actor', true), ''), session_user), 255),
    TG_OP || CASE TG_OP WHEN 'UPDATE' THEN ' ' || array_to_string(changed, ', ') ELSE '' END,
    facts,
    -- Without a correlation id, all entries of one transaction get the same generated one.
    coalesce(
      nullif(current_setting('app.correlation_id', true), '')::uuid,
      md5(pg_current_xact_id()::text || ' ' || transaction_timestamp()::text)::uuid));
  RETURN NULL;
END $$;
COMMENT ON FUNCTION audit.record_change() IS
  'Trigger AFTER INSERT OR UPDATE OR DELETE, FOR EACH ROW: writes one audit entry in the transaction of the change. Arguments: entity '
  'type, id column, secret columns. Actor and correlation id come from the settings app.actor and app.correlation_id.';
REVOKE EXECUTE ON FUNCTION audit.record_change() FROM PUBLIC;
