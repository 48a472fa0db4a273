-- Inserting a trade_id that exists already fails on pk_trade_keys, whatever the time of the trade. The keys are inserted in the order of
-- their ids, so that two writers of the same trades do not deadlock.
CREATE FUNCTION prediction.record_trade_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO prediction.trade_keys (trade_id, ts) SELECT trade_id, ts FROM added WHERE trade_id IS NOT NULL ORDER BY trade_id;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION prediction.record_trade_keys() IS 'Trigger: makes trade_id unique across all times.';
REVOKE EXECUTE ON FUNCTION prediction.record_trade_keys() FROM PUBLIC;
