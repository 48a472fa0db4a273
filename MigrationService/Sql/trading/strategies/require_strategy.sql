CREATE FUNCTION trading.require_strategy(strategy uuid, acting bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF strategy IS NOT NULL AND NOT EXISTS (SELECT FROM trading.strategies s WHERE s.id = strategy AND s.account_id = acting) THEN
    RAISE foreign_key_violation USING MESSAGE = format('There is no strategy %s.', strategy);
  END IF;
END $$;
COMMENT ON FUNCTION trading.require_strategy(uuid, bigint) IS
  'Raises an error unless the account has this strategy. A strategy of another account counts as not existing.';
REVOKE EXECUTE ON FUNCTION trading.require_strategy FROM PUBLIC;
