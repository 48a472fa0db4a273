-- A trade that is there already fails on pk_trade_keys, whatever its time. In the order of the ids, so that two writers with the same trades do not wait for each other in a circle.
CREATE FUNCTION prediction.record_trade_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO prediction.trade_keys (trade_id, ts) SELECT trade_id, ts FROM added WHERE trade_id IS NOT NULL ORDER BY trade_id;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION prediction.record_trade_keys() IS 'Makes trade_id unique over all time.';
REVOKE EXECUTE ON FUNCTION prediction.record_trade_keys() FROM PUBLIC;
