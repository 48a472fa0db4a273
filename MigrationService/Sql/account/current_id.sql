CREATE FUNCTION account.current_id() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting('app.account_id', true), '')::bigint
$$;
COMMENT ON FUNCTION account.current_id() IS
  'Returns the account that this transaction acts for, set with set_config(''app.account_id'', …, true). NULL when none is set; then no '
  'rows of any account are visible.';
REVOKE EXECUTE ON FUNCTION account.current_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.current_id() TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
