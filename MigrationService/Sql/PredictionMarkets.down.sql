-- What the reconciler made of them: continuous aggregates, or tables with a function, according to the edition.
DO $$
DECLARE
  aggregate text;
BEGIN
  FOREACH aggregate IN ARRAY ARRAY['price_candles_1h', 'trade_volume_1h'] LOOP
    CASE (SELECT relkind FROM pg_class WHERE oid = to_regclass('prediction.' || aggregate))
      WHEN 'v' THEN EXECUTE format('DROP MATERIALIZED VIEW prediction.%I', aggregate);
      WHEN 'r' THEN EXECUTE format('DROP TABLE prediction.%I', aggregate);
      ELSE NULL;
    END CASE;
    EXECUTE format('DROP TABLE IF EXISTS prediction.%I, prediction.%I', aggregate || '_stale', aggregate || '_before');
    EXECUTE format('DROP FUNCTION IF EXISTS prediction.%I(timestamptz)', 'refresh_' || aggregate);
    EXECUTE format('DROP FUNCTION IF EXISTS prediction.%I() CASCADE', 'mark_' || aggregate);
  END LOOP;
END $$;
DROP TRIGGER record_keys ON prediction.trades;
DROP FUNCTION prediction.record_trade_keys();
DROP FUNCTION public.drop_old(regclass, name, timestamptz, integer);
