CREATE FUNCTION market.remove_bars_of_tickers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  rows text;
  ticker int;
BEGIN
  FOREACH rows IN ARRAY ARRAY[
    'bars_1m', 'bars_5m', 'bars_15m', 'bars_30m', 'bars_1h', 'bars_4h', 'bars_1d',
    'indicators', 'computed_features', 'bar_changes', 'sync_payloads', 'alternative_bars'] LOOP
    FOR ticker IN SELECT id FROM removed LOOP
      EXECUTE format('DELETE FROM market.%I WHERE ticker_id = %s', rows, ticker);
    END LOOP;
  END LOOP;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION market.remove_bars_of_tickers() IS
  'Trigger: deletes the rows of deleted tickers, as a foreign key with ON DELETE CASCADE would, but without its cost on every COPY.';
REVOKE EXECUTE ON FUNCTION market.remove_bars_of_tickers() FROM PUBLIC;
