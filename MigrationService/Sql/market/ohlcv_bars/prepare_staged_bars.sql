-- The row triggers only stage rows. The final statement trigger takes the locks in order, writes the rows in sets, derives fields, and
-- records the change.
CREATE FUNCTION market.prepare_staged_bars() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owner oid;
BEGIN
  SELECT relowner INTO owner FROM pg_class WHERE oid = to_regclass('pg_temp.staged_bars');
  IF NOT FOUND THEN
    -- Without constraints: the tables of bars check the rows.
    CREATE TEMPORARY TABLE staged_bars (
      op text,
      symbol text,
      timeframe text,
      timestamp timestamptz,
      open numeric,
      high numeric,
      low numeric,
      close numeric,
      volume numeric,
      trade_count int,
      vwap numeric,
      source varchar,
      quality_score numeric,
      created_at timestamptz,
      ticker_id int,
      seq bigint GENERATED ALWAYS AS IDENTITY
    ) ON COMMIT DELETE ROWS;
  ELSIF owner <> to_regrole(current_user::text) THEN
    -- Triggers and defaults of a table made by the caller would run with the rights of this SECURITY DEFINER function.
    RAISE EXCEPTION 'The temporary table staged_bars belongs to %: drop it, because bars are set aside in a table of this name.',
        owner::regrole
      USING ERRCODE = 'duplicate_table';
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION market.prepare_staged_bars() IS
  'First step of a write through ohlcv_bars: creates the temporary table in which rows are staged.';
REVOKE EXECUTE ON FUNCTION market.prepare_staged_bars() FROM PUBLIC;
