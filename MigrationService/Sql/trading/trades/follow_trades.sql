CREATE FUNCTION trading.follow_trades() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  deltas trading.trade_figures[];
  fill record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO trading.trade_keys (trade_id, time, account_id, exchange, exchange_trade_id)
    SELECT id, time, account_id, exchange, exchange_trade_id FROM added ORDER BY id;

    -- Lock the keys, not the orders, in the order of their ids: an UPDATE of a hypertable that has to wait for another UPDATE of the row
    -- finds no row afterwards (seen with TimescaleDB 2.29).
    PERFORM
       FROM trading.order_keys k
      WHERE k.order_id IN (SELECT a.order_id FROM added a)
      ORDER BY k.order_id
        FOR NO KEY UPDATE;
    FOR fill IN
      SELECT a.order_id, k.time,
             min(a.account_id) AS account_id,
             bool_and(k.account_id = a.account_id) AS own,
             sum(a.quantity) AS quantity,
             sum(a.value) AS value,
             sum(a.fee) AS fee,
             max(a.time) AS last
        FROM added a
        LEFT JOIN trading.order_keys k ON k.order_id = a.order_id
       WHERE a.order_id IS NOT NULL
       GROUP BY a.order_id, k.time
       ORDER BY a.order_id
    LOOP
      IF fill.own THEN
        UPDATE trading.orders o
           SET average_fill_price = round(
                 (coalesce(o.average_fill_price, 0) * o.filled_quantity + fill.value) / (o.filled_quantity + fill.quantity), 8),
               filled_quantity = o.filled_quantity + fill.quantity,
               total_value = o.total_value + fill.value,
               total_fees = o.total_fees + fill.fee,
               filled_at = CASE WHEN o.filled_quantity + fill.quantity = o.quantity THEN greatest(fill.last, o.time) END
         WHERE o.id = fill.order_id AND o.time = fill.time;
      END IF;
      IF fill.own IS NOT TRUE OR NOT FOUND THEN
        RAISE foreign_key_violation USING
          MESSAGE = format('There is no order %s to be filled.', fill.order_id),
          CONSTRAINT = 'fk_trades_order', SCHEMA = 'trading', TABLE = 'trades';
      END IF;
    END LOOP;

    deltas := ARRAY(
      SELECT ROW (
               strategy_id, count(*), count(pnl), count(*) FILTER (WHERE pnl > 0), coalesce(sum(pnl), 0), sum(fee)
             )::trading.trade_figures
        FROM added
       WHERE strategy_id IS NOT NULL
       GROUP BY strategy_id);
  ELSIF TG_OP = 'UPDATE' THEN
    UPDATE trading.trade_keys k
       SET time = c.time, exchange_trade_id = c.exchange_trade_id
      FROM changed c
     WHERE k.trade_id = c.id AND (k.time, k.exchange_trade_id) IS DISTINCT FROM (c.time, c.exchange_trade_id);
    deltas := ARRAY(
      SELECT ROW (
               strategy_id, sum(n), sum(n) FILTER (WHERE pnl IS NOT NULL), sum(n) FILTER (WHERE pnl > 0),
               sum(n * coalesce(pnl, 0)), sum(n * fee)
             )::trading.trade_figures
        FROM (
          SELECT strategy_id, pnl, fee, 1 AS n FROM changed
          UNION ALL
          SELECT strategy_id, pnl, fee, -1 FROM former) AS both_sides
       WHERE strategy_id IS NOT NULL
       GROUP BY strategy_id);
    deltas := ARRAY(
      SELECT ROW (
               d.strategy_id, d.total_trades, coalesce(d.closed_trades, 0), coalesce(d.winning_trades, 0), d.total_pnl, d.total_fees
             )::trading.trade_figures
        FROM unnest(deltas) d
       WHERE (d.total_trades, coalesce(d.closed_trades, 0), coalesce(d.winning_trades, 0), d.total_pnl, d.total_fees)
         <> (0, 0, 0, 0, 0));
  ELSE
    WITH taken AS (DELETE FROM trading.removed_trades WHERE transaction = pg_current_xact_id() RETURNING figures)
    SELECT array_agg(ROW (strategy_id, total, closed, winning, pnl, fees)::trading.trade_figures) INTO deltas
      FROM (
        SELECT (figures).strategy_id,
               sum((figures).total_trades) AS total,
               sum((figures).closed_trades) AS closed,
               sum((figures).winning_trades) AS winning,
               sum((figures).total_pnl) AS pnl,
               sum((figures).total_fees) AS fees
          FROM taken
         GROUP BY 1) AS sums;
  END IF;

  IF cardinality(deltas) > 0 THEN
    PERFORM trading.add_to_strategies(deltas);
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION trading.follow_trades() IS
  'Trigger on every statement on trades, in its transaction: maintains trade_keys, applies fills to their orders (on INSERT only: a '
  'fill that an exchange takes back does not reopen the order), and adds the difference to the figures of strategies.';
REVOKE EXECUTE ON FUNCTION trading.follow_trades FROM PUBLIC;
