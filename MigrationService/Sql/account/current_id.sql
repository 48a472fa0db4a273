CREATE FUNCTION account.current_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting('app.account_id', true), '')::bigint
$$;
COMMENT ON FUNCTION account.current_id() IS 'The account this transaction works for: set_config(''app.account_id'', …, true) inside it. NULL when none is set, and then no account-owned row is there.';
REVOKE EXECUTE ON FUNCTION account.current_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.current_id() TO wyckoff_app, wyckoff_worker, wyckoff_reader, wyckoff_console;
