CREATE FUNCTION audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION '% of %.% is refused: it is append-only.', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END $$;
COMMENT ON FUNCTION audit.refuse_change() IS 'Trigger: makes a table append-only for every role, including its owner.';
REVOKE EXECUTE ON FUNCTION audit.refuse_change() FROM PUBLIC;
