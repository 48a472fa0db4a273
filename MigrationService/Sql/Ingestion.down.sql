DROP FUNCTION market.roll_up(int, text, tstzrange), market.aggregate_bars(int, text, timestamptz, timestamptz), market.mean_price(numeric, numeric);
DROP FUNCTION market.bar_quality(boolean, numeric, numeric, bigint, numeric, numeric);
