-- The tables themselves are dropped by the generated part.
DROP MATERIALIZED VIEW market.market_overview;
DROP VIEW market.sync_status, market.market_data, market.ohlcv_bars;
DROP FUNCTION market.refresh_overview(), market.overview(), market.last_bar(int, text, timestamptz, boolean), market.verify_orphans();
DROP FUNCTION market.prepare_staged_bars(), market.stage_bar(), market.apply_staged_bars();
DROP FUNCTION market.bars(text, text, timestamptz, timestamptz), market.rederive(int, text, tstzrange), market.nth_bar_before(int, text, timestamptz, int), market.nth_bar_from(int, text, timestamptz, int);
DROP FUNCTION market.bar_ratio(numeric, numeric, bigint), market.record_change(int, text, tstzrange), market.lock_ticker(int), market.window_lock(int, text);
DROP FUNCTION market.timeframe_width(text), market.timeframe(text);

CREATE OR REPLACE FUNCTION market.remove_bars_of_tickers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  bars text;
BEGIN
  FOREACH bars IN ARRAY ARRAY['bars_1m', 'bars_5m', 'bars_15m', 'bars_30m', 'bars_1h', 'bars_4h', 'bars_1d'] LOOP
    EXECUTE format('DELETE FROM market.%I WHERE ticker_id IN (SELECT id FROM removed)', bars);
  END LOOP;
  RETURN NULL;
END $$;
