-- Schema trading: everything that is not a table.

-- Strategies ---------------------------------------------------------------------------------------------------------------------------------------------

-- account.user_accounts belongs to the migration Accounts, which comes first.
DO $$ BEGIN
  IF to_regclass('account.user_accounts') IS NOT NULL THEN
    ALTER TABLE trading.strategies ADD CONSTRAINT fk_strategies_account FOREIGN KEY (account_id) REFERENCES account.user_accounts (id) ON DELETE SET NULL;
  END IF;
END $$;

-- Not on the figures: a trade must not make the edit of somebody who has the strategy open a stale one, nor fill the audit trail a second time.
CREATE TRIGGER touch BEFORE UPDATE OF account_id, is_benchmark, name, description, type, status, asset_type, direction, config, parameters, symbols, timeframes, entry_criteria, exit_criteria,
  max_positions, max_risk_per_trade, max_portfolio_risk, min_risk_reward, is_active, risk_profile, implied_strategy_family, created_by, version
  ON trading.strategies FOR EACH ROW EXECUTE FUNCTION public.touch_versioned_row();
CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE OF account_id, is_benchmark, name, description, type, status, asset_type, direction, config, parameters, symbols, timeframes, entry_criteria, exit_criteria,
  max_positions, max_risk_per_trade, max_portfolio_risk, min_risk_reward, is_active, risk_profile, implied_strategy_family, created_by, version
  ON trading.strategies FOR EACH ROW EXECUTE FUNCTION audit.record_change('strategy', 'id');
CREATE TRIGGER touch BEFORE UPDATE ON trading.probe_strategies FOR EACH ROW EXECUTE FUNCTION public.touch_versioned_row();

-- Rules of orders ----------------------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION trading.check_parent_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Locked, so that it cannot be deleted before this order is there. An order of another account is as good as none.
  PERFORM FROM trading.order_keys k WHERE k.order_id = NEW.parent_order_id AND k.account_id = NEW.account_id FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = format('There is no order %s to be the parent of this one.', NEW.parent_order_id), CONSTRAINT = 'fk_orders_parent', SCHEMA = 'trading', TABLE = 'orders';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION trading.check_parent_order() IS 'What a foreign key from orders to orders would do: a hypertable cannot be referred to.';
CREATE TRIGGER check_parent BEFORE INSERT ON trading.orders FOR EACH ROW WHEN (NEW.parent_order_id IS NOT NULL) EXECUTE FUNCTION trading.check_parent_order();

CREATE FUNCTION trading.keep_order_rules() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fault text;
BEGIN
  IF (NEW.id, NEW.time, NEW.account_id, NEW.symbol, NEW.side, NEW.type, NEW.exchange, NEW.client_order_id, NEW.parent_order_id, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.time, OLD.account_id, OLD.symbol, OLD.side, OLD.type, OLD.exchange, OLD.client_order_id, OLD.parent_order_id, OLD.created_at) THEN
    fault := 'what an order is never changes: id, time, account, symbol, side, type, exchange, client_order_id, parent_order_id';
  ELSIF OLD.status NOT IN ('pending', 'partial') THEN
    -- The exchange may settle a fee or name its number late, and a strategy may be deleted; nothing else.
    IF to_jsonb(NEW) - '{strategy_id,total_fees,exchange_order_id,last_update_time,remaining_quantity}'::text[]
       IS DISTINCT FROM to_jsonb(OLD) - '{strategy_id,total_fees,exchange_order_id,last_update_time,remaining_quantity}'::text[] THEN
      fault := format('it is %s, and there is no way back', OLD.status);
    END IF;
  ELSIF NEW.filled_quantity < OLD.filled_quantity THEN
    fault := 'what is filled stays filled';
  ELSIF NEW.status = 'rejected' AND OLD.status = 'partial' THEN
    fault := 'it is partly filled, so it may be filled, cancelled or expire';
  ELSE
    IF NEW.status IN ('pending', 'partial') THEN
      NEW.status := CASE WHEN NEW.filled_quantity = 0 THEN 'pending' WHEN NEW.filled_quantity < NEW.quantity THEN 'partial' ELSE 'filled' END;
    END IF;
    -- Never before it was placed, whatever the clocks of the two machines say.
    IF NEW.status = 'filled' THEN NEW.filled_at := coalesce(NEW.filled_at, greatest(now(), NEW.time)); END IF;
    IF NEW.status = 'cancelled' THEN NEW.cancelled_at := coalesce(NEW.cancelled_at, greatest(now(), NEW.time)); END IF;
  END IF;
  IF fault IS NOT NULL THEN
    RAISE check_violation USING MESSAGE = format('Order %s cannot be changed so: %s.', OLD.id, fault), CONSTRAINT = 'chk_orders_transition', SCHEMA = 'trading', TABLE = 'orders';
  END IF;
  NEW.last_update_time := now();
  RETURN NEW;
END $$;
COMMENT ON FUNCTION trading.keep_order_rules() IS 'Status follows what is filled; pending → partial → filled, cancelled, rejected (only from pending) or expired, and from these nowhere. Refusals name chk_orders_transition.';
CREATE TRIGGER keep_rules BEFORE UPDATE ON trading.orders FOR EACH ROW EXECUTE FUNCTION trading.keep_order_rules();

CREATE FUNCTION trading.keep_order_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO trading.order_keys (order_id, time, account_id, client_order_id, exchange, exchange_order_id)
    SELECT id, time, account_id, client_order_id, exchange, exchange_order_id FROM added ORDER BY id;
  ELSIF TG_OP = 'UPDATE' THEN
    UPDATE trading.order_keys k SET exchange_order_id = c.exchange_order_id FROM changed c WHERE k.order_id = c.id AND k.exchange_order_id IS DISTINCT FROM c.exchange_order_id;
  ELSIF current_setting('app.retention', true) IS DISTINCT FROM 'on' THEN
    DELETE FROM trading.order_keys WHERE order_id = OLD.id;
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION trading.keep_order_keys() IS 'Keeps order_keys, in the transaction of the order, whoever writes it. What retention removes keeps its key: an id is never given twice. Where rows are deleted for retention (no hypertables), set app.retention to on.';
CREATE TRIGGER keep_keys_of_new AFTER INSERT ON trading.orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION trading.keep_order_keys();
CREATE TRIGGER keep_keys_of_changed AFTER UPDATE ON trading.orders REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION trading.keep_order_keys();
-- By row: TimescaleDB refuses compression where a DELETE trigger has a transition table.
CREATE TRIGGER keep_keys_of_deleted AFTER DELETE ON trading.orders FOR EACH ROW EXECUTE FUNCTION trading.keep_order_keys();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON trading.orders FOR EACH ROW EXECUTE FUNCTION audit.record_change('order', 'id');

-- What follows from trades -------------------------------------------------------------------------------------------------------------------------------

CREATE TYPE trading.trade_figures AS (strategy_id uuid, total_trades int, closed_trades int, winning_trades int, total_pnl numeric, total_fees numeric);
COMMENT ON TYPE trading.trade_figures IS 'What trades add to the figures of their strategy.';

CREATE TABLE trading.removed_trades (transaction xid8 NOT NULL DEFAULT pg_current_xact_id(), figures trading.trade_figures NOT NULL);
CREATE INDEX idx_removed_trades_transaction ON trading.removed_trades (transaction);
COMMENT ON TABLE trading.removed_trades IS 'Between the row trigger and the statement trigger of a DELETE on trades; empty outside of one. A transition table would do, but TimescaleDB refuses compression where a DELETE trigger has one.';

CREATE FUNCTION trading.add_to_strategies(deltas trading.trade_figures[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Always in the order of their ids, or two writers could wait for each other.
  PERFORM FROM trading.strategies s WHERE s.id IN (SELECT d.strategy_id FROM unnest(deltas) d) ORDER BY s.id FOR NO KEY UPDATE;
  UPDATE trading.strategies s
     SET total_trades = s.total_trades + d.total_trades, closed_trades = s.closed_trades + d.closed_trades, winning_trades = s.winning_trades + d.winning_trades,
         total_pnl = s.total_pnl + d.total_pnl, total_fees = s.total_fees + d.total_fees
    FROM unnest(deltas) d
   WHERE s.id = d.strategy_id;
END $$;
COMMENT ON FUNCTION trading.add_to_strategies(trading.trade_figures[]) IS 'Adds to the figures of strategies; one element per strategy.';

CREATE FUNCTION trading.follow_trades() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  deltas trading.trade_figures[];
  fill record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO trading.trade_keys (trade_id, time, account_id, exchange, exchange_trade_id)
    SELECT id, time, account_id, exchange, exchange_trade_id FROM added ORDER BY id;

    -- Locked by their keys, in the order of their ids: an UPDATE that has to wait for another one finds no row in a hypertable (seen with TimescaleDB 2.29), so it must not come to that.
    PERFORM FROM trading.order_keys k WHERE k.order_id IN (SELECT a.order_id FROM added a) ORDER BY k.order_id FOR NO KEY UPDATE;
    FOR fill IN
      SELECT a.order_id, k.time, min(a.account_id) AS account_id, bool_and(k.account_id = a.account_id) AS own, sum(a.quantity) AS quantity, sum(a.value) AS value, sum(a.fee) AS fee, max(a.time) AS last
        FROM added a LEFT JOIN trading.order_keys k ON k.order_id = a.order_id WHERE a.order_id IS NOT NULL GROUP BY a.order_id, k.time ORDER BY a.order_id
    LOOP
      IF fill.own THEN
        UPDATE trading.orders o
           SET average_fill_price = round((coalesce(o.average_fill_price, 0) * o.filled_quantity + fill.value) / (o.filled_quantity + fill.quantity), 8),
               filled_quantity = o.filled_quantity + fill.quantity,
               total_value = o.total_value + fill.value,
               total_fees = o.total_fees + fill.fee,
               filled_at = CASE WHEN o.filled_quantity + fill.quantity = o.quantity THEN greatest(fill.last, o.time) END
         WHERE o.id = fill.order_id AND o.time = fill.time;
      END IF;
      IF fill.own IS NOT TRUE OR NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = format('There is no order %s to be filled.', fill.order_id), CONSTRAINT = 'fk_trades_order', SCHEMA = 'trading', TABLE = 'trades';
      END IF;
    END LOOP;

    deltas := ARRAY(
      SELECT ROW (strategy_id, count(*), count(pnl), count(*) FILTER (WHERE pnl > 0), coalesce(sum(pnl), 0), sum(fee))::trading.trade_figures
        FROM added WHERE strategy_id IS NOT NULL GROUP BY strategy_id);
  ELSIF TG_OP = 'UPDATE' THEN
    UPDATE trading.trade_keys k SET time = c.time, exchange_trade_id = c.exchange_trade_id FROM changed c
     WHERE k.trade_id = c.id AND (k.time, k.exchange_trade_id) IS DISTINCT FROM (c.time, c.exchange_trade_id);
    deltas := ARRAY(
      SELECT ROW (strategy_id, sum(n), sum(n) FILTER (WHERE pnl IS NOT NULL), sum(n) FILTER (WHERE pnl > 0), sum(n * coalesce(pnl, 0)), sum(n * fee))::trading.trade_figures
        FROM (SELECT strategy_id, pnl, fee, 1 AS n FROM changed UNION ALL SELECT strategy_id, pnl, fee, -1 FROM former) AS both_sides
       WHERE strategy_id IS NOT NULL GROUP BY strategy_id);
    deltas := ARRAY(
      SELECT ROW (d.strategy_id, d.total_trades, coalesce(d.closed_trades, 0), coalesce(d.winning_trades, 0), d.total_pnl, d.total_fees)::trading.trade_figures
        FROM unnest(deltas) d WHERE (d.total_trades, coalesce(d.closed_trades, 0), coalesce(d.winning_trades, 0), d.total_pnl, d.total_fees) <> (0, 0, 0, 0, 0));
  ELSE
    WITH taken AS (DELETE FROM trading.removed_trades WHERE transaction = pg_current_xact_id() RETURNING figures)
    SELECT array_agg(ROW (strategy_id, total, closed, winning, pnl, fees)::trading.trade_figures) INTO deltas
      FROM (SELECT (figures).strategy_id, sum((figures).total_trades) AS total, sum((figures).closed_trades) AS closed, sum((figures).winning_trades) AS winning, sum((figures).total_pnl) AS pnl, sum((figures).total_fees) AS fees
              FROM taken GROUP BY 1) AS sums;
  END IF;

  IF cardinality(deltas) > 0 THEN
    PERFORM trading.add_to_strategies(deltas);
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION trading.follow_trades() IS 'With every statement on trades, in its transaction: keeps trade_keys, brings the orders forward that were filled (on INSERT only: an exchange that takes a fill back does not open the order again), and adds to the figures of strategies what changed.';

CREATE FUNCTION trading.note_removed_trade() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('app.retention', true) IS DISTINCT FROM 'on' THEN
    DELETE FROM trading.trade_keys WHERE trade_id = OLD.id;
    IF OLD.strategy_id IS NOT NULL THEN
      INSERT INTO trading.removed_trades (figures)
      VALUES (ROW (OLD.strategy_id, -1, CASE WHEN OLD.pnl IS NULL THEN 0 ELSE -1 END, CASE WHEN OLD.pnl > 0 THEN -1 ELSE 0 END, -coalesce(OLD.pnl, 0), -OLD.fee)::trading.trade_figures);
    END IF;
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION trading.note_removed_trade() IS 'The row half of a DELETE; follow_trades does the rest. What retention removes (app.retention is on) stays in the figures, as it does when a chunk is dropped.';

CREATE TRIGGER follow_new AFTER INSERT ON trading.trades REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION trading.follow_trades();
CREATE TRIGGER follow_changed AFTER UPDATE ON trading.trades REFERENCING NEW TABLE AS changed OLD TABLE AS former FOR EACH STATEMENT EXECUTE FUNCTION trading.follow_trades();
CREATE TRIGGER note_removed AFTER DELETE ON trading.trades FOR EACH ROW EXECUTE FUNCTION trading.note_removed_trade();
CREATE TRIGGER follow_removed AFTER DELETE ON trading.trades FOR EACH STATEMENT EXECUTE FUNCTION trading.follow_trades();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON trading.trades FOR EACH ROW EXECUTE FUNCTION audit.record_change('trade', 'id');

CREATE FUNCTION trading.keep_trade_identity() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE check_violation USING MESSAGE = format('Trade %s cannot be changed so: its id, account, exchange and order stay.', OLD.id), CONSTRAINT = 'chk_trades_identity', SCHEMA = 'trading', TABLE = 'trades';
END $$;
COMMENT ON FUNCTION trading.keep_trade_identity() IS 'A correction of a trade is a correction of that trade, and not another trade.';
CREATE TRIGGER keep_identity BEFORE UPDATE ON trading.trades FOR EACH ROW
  WHEN ((NEW.id, NEW.account_id, NEW.exchange, NEW.order_id) IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.exchange, OLD.order_id)) EXECUTE FUNCTION trading.keep_trade_identity();

-- Reading: an account sees its own. The views are the owner's, who may read the tables; the services may not. --------------------------------------------

CREATE VIEW trading.my_orders WITH (security_barrier = true, security_invoker = false) AS SELECT * FROM trading.orders WHERE account_id = account.current_id();
-- Comparing enums is not leakproof, so a condition on the status does not get through my_orders to the index of open orders. Here it stands inside.
CREATE VIEW trading.my_open_orders WITH (security_barrier = true, security_invoker = false) AS
  SELECT * FROM trading.orders WHERE account_id = account.current_id() AND status IN ('pending', 'partial');
CREATE VIEW trading.my_trades WITH (security_barrier = true, security_invoker = false) AS SELECT * FROM trading.trades WHERE account_id = account.current_id();
CREATE VIEW trading.my_portfolio_snapshots WITH (security_barrier = true, security_invoker = false) AS SELECT * FROM trading.portfolio_snapshots WHERE account_id = account.current_id();
CREATE VIEW trading.my_system_logs WITH (security_barrier = true, security_invoker = false) AS SELECT * FROM trading.system_logs WHERE account_id = account.current_id();
COMMENT ON VIEW trading.my_orders IS 'The orders of the account in app.account_id.';
COMMENT ON VIEW trading.my_open_orders IS 'Those of my_orders that may still be filled: the way to the index of open orders.';
COMMENT ON VIEW trading.my_trades IS 'The trades of the account in app.account_id.';
COMMENT ON VIEW trading.my_portfolio_snapshots IS 'The snapshots of the account in app.account_id; strategy_id is null where they are of the whole account.';
COMMENT ON VIEW trading.my_system_logs IS 'The log lines about the account in app.account_id.';

CREATE MATERIALIZED VIEW trading.active_strategies AS
SELECT s.id AS strategy_id, s.account_id, s.name, s.type, s.direction, s.symbols, s.timeframes, s.total_trades, s.closed_trades, s.winning_trades,
       round(100.0 * s.winning_trades / nullif(s.closed_trades, 0), 4) AS win_rate,
       s.total_pnl, s.total_fees, s.total_pnl - s.total_fees AS net_pnl, s.max_drawdown, s.sharpe_ratio,
       coalesce(d.trades, 0) AS trades_24h, round(d.average_pnl, 8) AS average_pnl_24h, d.last_trade_at, now() AS refreshed_at
  FROM trading.strategies s
  LEFT JOIN (SELECT strategy_id, count(*) AS trades, avg(pnl) AS average_pnl, max(time) AS last_trade_at
               FROM trading.trades WHERE time >= now() - INTERVAL '24 hours' AND strategy_id IS NOT NULL GROUP BY strategy_id) d ON d.strategy_id = s.id
 WHERE s.status = 'active';
CREATE UNIQUE INDEX idx_active_strategies_strategy_id ON trading.active_strategies (strategy_id);
CREATE INDEX idx_active_strategies_account_id ON trading.active_strategies (account_id);
COMMENT ON MATERIALIZED VIEW trading.active_strategies IS 'Strategies that run, with what they did in the 24 hours before refreshed_at (number of executions, mean P&L of the closing ones). Of all accounts: an account reads my_active_strategies.';
COMMENT ON COLUMN trading.active_strategies.win_rate IS 'Winning of closed trades, per cent.';

CREATE MATERIALIZED VIEW trading.recent_performance AS
SELECT t.strategy_id, s.account_id, s.name, date_trunc('day', now(), 'UTC') AS since, count(*) AS trades, count(t.pnl) AS closed_trades, count(*) FILTER (WHERE t.pnl > 0) AS winning_trades,
       round(100.0 * count(*) FILTER (WHERE t.pnl > 0) / nullif(count(t.pnl), 0), 4) AS win_rate,
       coalesce(sum(t.pnl), 0) AS total_pnl, sum(t.fee) AS total_fees, coalesce(sum(t.pnl), 0) - sum(t.fee) AS net_pnl, max(t.pnl) AS best_pnl, min(t.pnl) AS worst_pnl,
       sum(t.value) AS total_value, max(t.time) AS last_trade_at, now() AS refreshed_at
  FROM trading.trades t JOIN trading.strategies s ON s.id = t.strategy_id
 WHERE t.time >= date_trunc('day', now(), 'UTC')
 GROUP BY t.strategy_id, s.account_id, s.name;
CREATE UNIQUE INDEX idx_recent_performance_strategy_id ON trading.recent_performance (strategy_id);
CREATE INDEX idx_recent_performance_account_id ON trading.recent_performance (account_id);
COMMENT ON MATERIALIZED VIEW trading.recent_performance IS 'What strategies did today (UTC), as of refreshed_at. Of all accounts: an account reads my_recent_performance.';
COMMENT ON COLUMN trading.recent_performance.win_rate IS 'Winning of closed trades, per cent.';

CREATE VIEW trading.my_active_strategies WITH (security_barrier = true, security_invoker = false) AS SELECT * FROM trading.active_strategies WHERE account_id = account.current_id();
CREATE VIEW trading.my_recent_performance WITH (security_barrier = true, security_invoker = false) AS SELECT * FROM trading.recent_performance WHERE account_id = account.current_id();
COMMENT ON VIEW trading.my_active_strategies IS 'active_strategies of the account in app.account_id.';
COMMENT ON VIEW trading.my_recent_performance IS 'recent_performance of the account in app.account_id.';

CREATE FUNCTION trading.calculate_strategy_metrics(strategy_id uuid, from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL)
RETURNS TABLE (trades bigint, executions bigint, winning_trades bigint, losing_trades bigint, win_rate numeric, gross_profit numeric, gross_loss numeric, profit_factor numeric, expectancy numeric,
               total_pnl numeric, total_fees numeric, net_pnl numeric, sharpe_ratio numeric, sortino_ratio numeric, max_drawdown numeric, exposure numeric, first_trade_at timestamptz, last_trade_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- With the rights of the caller: a service sees its account's trades, the worker everybody's.
  RETURN QUERY EXECUTE format($query$
    WITH past AS MATERIALIZED (
      SELECT id, time, symbol, side, quantity, pnl, fee, coalesce(pnl, 0) - fee AS net FROM %s WHERE strategy_id = $1 AND ($3 IS NULL OR time < $3)),
    bounds AS (
      SELECT coalesce($2, min(time)) AS starts, coalesce($3, max(time)) AS ends, ((coalesce($3 - INTERVAL '1 microsecond', max(time))) AT TIME ZONE 'UTC')::date AS last_day FROM past),
    inside AS (
      SELECT p.* FROM past p, bounds b WHERE p.time >= b.starts),
    days AS (
      SELECT coalesce(sum(i.net), 0) AS net
        FROM bounds b, generate_series((b.starts AT TIME ZONE 'UTC')::date, b.last_day, INTERVAL '1 day') AS day
        LEFT JOIN (SELECT (time AT TIME ZONE 'UTC')::date AS day, net FROM inside) AS i ON i.day = day.day
       GROUP BY day.day),
    daily AS (
      SELECT avg(net) AS mean, stddev_samp(net) AS deviation, sqrt(avg(least(net, 0) ^ 2)) AS downside, count(*) AS days FROM days),
    curve AS (
      SELECT sum(net) OVER so_far AS equity FROM inside WINDOW so_far AS (ORDER BY time, id)),
    falls AS (
      SELECT greatest(0, max(equity) OVER (ROWS UNBOUNDED PRECEDING)) - equity AS fall FROM curve),
    positions AS (
      SELECT time, sum(CASE side WHEN 'buy' THEN quantity ELSE -quantity END) OVER so_far AS held, lead(time) OVER so_far AS until FROM past WINDOW so_far AS (PARTITION BY symbol ORDER BY time, id)),
    held AS (
      SELECT range_agg(tstzrange(p.time, coalesce(p.until, b.ends))) AS times FROM positions p, bounds b WHERE p.held <> 0 AND p.time < coalesce(p.until, b.ends)),
    invested AS (
      SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0) AS seconds FROM held, bounds, unnest(held.times * tstzmultirange(tstzrange(starts, ends))) AS r WHERE starts < ends),
    sums AS (
      SELECT count(pnl) AS trades, count(*) AS executions, count(*) FILTER (WHERE pnl > 0) AS winning, count(*) FILTER (WHERE pnl < 0) AS losing, coalesce(sum(pnl) FILTER (WHERE pnl > 0), 0) AS profit,
             coalesce(-sum(pnl) FILTER (WHERE pnl < 0), 0) AS loss, avg(pnl) AS mean, coalesce(sum(pnl), 0) AS pnl, coalesce(sum(fee), 0) AS fees, min(time) AS first, max(time) AS last FROM inside)
    SELECT s.trades, s.executions, s.winning, s.losing, round(100.0 * s.winning / nullif(s.trades, 0), 4), s.profit, s.loss, round(s.profit / nullif(s.loss, 0), 6), round(s.mean, 8),
           s.pnl, s.fees, s.pnl - s.fees, round(d.mean / nullif(d.deviation, 0) * sqrt(365::numeric), 6),
           round(CASE WHEN d.days > 1 THEN d.mean / nullif(d.downside, 0) * sqrt(365::numeric) END, 6),
           (SELECT max(fall) FROM falls), round(invested.seconds / nullif(extract(epoch FROM b.ends - b.starts), 0), 6), s.first, s.last
      FROM sums s, daily d, bounds b, invested
    $query$, CASE WHEN has_table_privilege('trading.trades', 'SELECT') THEN 'trading.trades' ELSE 'trading.my_trades' END)
  USING strategy_id, nullif(nullif(from_time, '-infinity'), 'infinity'), nullif(nullif(to_time, 'infinity'), '-infinity');
END $$;
COMMENT ON FUNCTION trading.calculate_strategy_metrics(uuid, timestamptz, timestamptz) IS
'How a strategy did from from_time (inclusive; null: its first trade) to to_time (exclusive; null: its last trade, inclusive). One row. What would divide by zero is null.
trades: executions with a P&L, that is, closing ones; executions: all. winning, losing: P&L above, below 0. win_rate: winning / trades, per cent.
gross_profit, gross_loss: sums of the P&L above and (as a positive number) below 0; profit_factor: their quotient, null without a loss. expectancy: mean P&L of the trades. All before fees.
total_pnl, total_fees: sums; net_pnl = total_pnl - total_fees. Net of an execution: its P&L, if any, less its fee.
sharpe_ratio: mean / sample standard deviation of net per UTC calendar day of the window, days without a trade being 0, times the square root of 365; risk-free rate 0. On a constant capital this is the ratio of the returns. Null with fewer than two days.
sortino_ratio: the same with the root of the mean square of the days below 0 (over all days) in place of the deviation.
max_drawdown: greatest fall, in money, of the running net from the highest it had reached, which is at least 0 (the start). Order: time, then id.
exposure: share (0 to 1) of the window in which the running position (buys less sells, from the first trade on, also before the window) was other than 0 in any symbol.';

CREATE FUNCTION trading.refresh_views() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  view_name text;
BEGIN
  UPDATE trading.strategies s SET max_drawdown = m.max_drawdown, sharpe_ratio = m.sharpe_ratio
    FROM (SELECT a.id, c.max_drawdown, c.sharpe_ratio
            FROM (SELECT id FROM trading.strategies WHERE status = 'active' ORDER BY id FOR NO KEY UPDATE) AS a, LATERAL trading.calculate_strategy_metrics(a.id) AS c) AS m
   WHERE s.id = m.id AND (s.max_drawdown, s.sharpe_ratio) IS DISTINCT FROM (m.max_drawdown, m.sharpe_ratio);
  FOREACH view_name IN ARRAY ARRAY['trading.active_strategies', 'trading.recent_performance'] LOOP
    -- A view that a restored dump left empty can only be filled the plain way.
    EXECUTE 'REFRESH MATERIALIZED VIEW ' || CASE WHEN (SELECT relispopulated FROM pg_class WHERE oid = view_name::regclass) THEN 'CONCURRENTLY ' ELSE '' END || view_name;
  END LOOP;
END $$;
COMMENT ON FUNCTION trading.refresh_views() IS 'For the maintenance worker: brings max_drawdown and sharpe_ratio of active strategies up to date, then active_strategies and recent_performance. Readers are not blocked.';

-- Writing: for the account in app.account_id. ------------------------------------------------------------------------------------------------------------

CREATE FUNCTION trading.acting_account() RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  acting bigint := account.current_id();
BEGIN
  IF acting IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'No account is named: set app.account_id in this transaction first.';
  END IF;
  RETURN acting;
END $$;
COMMENT ON FUNCTION trading.acting_account() IS 'The account in app.account_id; an error when there is none.';

CREATE FUNCTION trading.require_strategy(strategy uuid, acting bigint) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF strategy IS NOT NULL AND NOT EXISTS (SELECT FROM trading.strategies s WHERE s.id = strategy AND s.account_id = acting) THEN
    RAISE foreign_key_violation USING MESSAGE = format('There is no strategy %s.', strategy);
  END IF;
END $$;
COMMENT ON FUNCTION trading.require_strategy(uuid, bigint) IS 'A strategy of another account is as good as none.';

CREATE FUNCTION trading.place_order(
  symbol text, side trading.order_side, type trading.order_type, quantity numeric, exchange text, client_order_id text DEFAULT NULL, price numeric DEFAULT NULL, stop_price numeric DEFAULT NULL,
  strategy_id uuid DEFAULT NULL, parent_order_id uuid DEFAULT NULL, time_in_force text DEFAULT 'gtc', expires_at timestamptz DEFAULT NULL, exchange_order_id text DEFAULT NULL,
  "time" timestamptz DEFAULT NULL, id uuid DEFAULT NULL, OUT order_id uuid, OUT created boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  acting bigint := trading.acting_account();
  attempt int := 1;
  same boolean;
  broken text;
BEGIN
  PERFORM trading.require_strategy(place_order.strategy_id, acting);
  LOOP
    SELECT k.order_id, o.id IS NULL OR (o.symbol, o.side, o.type, o.exchange) IS NOT DISTINCT FROM (place_order.symbol, place_order.side, place_order.type, place_order.exchange)
      INTO place_order.order_id, same
      FROM trading.order_keys k LEFT JOIN trading.orders o ON o.id = k.order_id AND o.time = k.time
     WHERE k.account_id = acting
       AND (k.client_order_id = place_order.client_order_id OR (k.exchange = place_order.exchange AND k.exchange_order_id = place_order.exchange_order_id) OR k.order_id = place_order.id)
     LIMIT 1;
    IF FOUND THEN
      created := false;
      -- Quantity and prices may have been amended since, and the order itself be past retention: compared is what cannot change.
      IF NOT same THEN
        RAISE unique_violation USING MESSAGE = format('This id already names another order (%s), of another symbol, side, type or exchange.', place_order.order_id), CONSTRAINT = 'idx_order_keys_account_id_client_order_id';
      END IF;
      RETURN;
    END IF;

    BEGIN
      INSERT INTO trading.orders (id, time, account_id, strategy_id, symbol, side, type, quantity, price, stop_price, exchange, exchange_order_id, client_order_id, time_in_force, expires_at, parent_order_id)
      VALUES (coalesce(place_order.id, public.uuid_v7()), coalesce(place_order.time, now()), acting, place_order.strategy_id, place_order.symbol, place_order.side, place_order.type, place_order.quantity,
              CASE WHEN place_order.type = 'stop' THEN coalesce(place_order.price, place_order.stop_price) ELSE place_order.price END, place_order.stop_price,
              place_order.exchange, place_order.exchange_order_id, place_order.client_order_id, place_order.time_in_force, place_order.expires_at, place_order.parent_order_id)
      RETURNING orders.id INTO place_order.order_id;
      created := true;
      RETURN;
    EXCEPTION WHEN unique_violation THEN
      -- Somebody placed it at the same moment: what is there now is the answer. An id another account has is found by nobody.
      GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
      IF attempt = 3 THEN
        RAISE unique_violation USING MESSAGE = 'This order id cannot be used.', CONSTRAINT = broken;
      END IF;
      attempt := attempt + 1;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION trading.place_order IS 'Places an order for the account in app.account_id. Placing the same client_order_id (or exchange_order_id, or id) again changes nothing and gives the order there is, created = false; an error when that is another order altogether.';

CREATE FUNCTION trading.own_order(wanted uuid) RETURNS trading.orders LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  acting bigint := trading.acting_account();
  placed timestamptz;
  found_order trading.orders;
BEGIN
  -- The lock is on the key: an UPDATE that has to wait for another one finds no row in a hypertable (seen with TimescaleDB 2.29), so it must not come to that.
  SELECT k.time INTO placed FROM trading.order_keys k WHERE k.order_id = wanted AND k.account_id = acting FOR NO KEY UPDATE;
  SELECT * INTO found_order FROM trading.orders o WHERE o.id = wanted AND o.time = placed;
  IF NOT FOUND THEN
    RAISE no_data_found USING MESSAGE = format('There is no order %s.', wanted);
  END IF;
  RETURN found_order;
END $$;
COMMENT ON FUNCTION trading.own_order(uuid) IS 'An order of the account in app.account_id, locked; that of another account is as good as none.';

CREATE FUNCTION trading.update_order(
  order_id uuid, exchange_order_id text DEFAULT NULL, quantity numeric DEFAULT NULL, price numeric DEFAULT NULL, stop_price numeric DEFAULT NULL, expires_at timestamptz DEFAULT NULL,
  status trading.order_status DEFAULT NULL, filled_quantity numeric DEFAULT NULL, average_fill_price numeric DEFAULT NULL, total_fees numeric DEFAULT NULL, reject_reason text DEFAULT NULL, "at" timestamptz DEFAULT NULL)
RETURNS trading.order_status LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  former trading.orders := trading.own_order(update_order.order_id);
  result trading.order_status;
BEGIN
  UPDATE trading.orders o
     SET exchange_order_id = coalesce(update_order.exchange_order_id, o.exchange_order_id), quantity = coalesce(update_order.quantity, o.quantity), price = coalesce(update_order.price, o.price),
         stop_price = coalesce(update_order.stop_price, o.stop_price), expires_at = coalesce(update_order.expires_at, o.expires_at), status = coalesce(update_order.status, o.status),
         filled_quantity = coalesce(update_order.filled_quantity, CASE WHEN update_order.status = 'filled' THEN coalesce(update_order.quantity, o.quantity) END, o.filled_quantity),
         average_fill_price = coalesce(update_order.average_fill_price, o.average_fill_price),
         total_value = coalesce(update_order.filled_quantity * update_order.average_fill_price, o.total_value), total_fees = coalesce(update_order.total_fees, o.total_fees),
         reject_reason = coalesce(update_order.reject_reason, o.reject_reason),
         filled_at = CASE WHEN update_order.status = 'filled' THEN coalesce(o.filled_at, update_order.at) ELSE o.filled_at END,
         cancelled_at = CASE WHEN update_order.status = 'cancelled' THEN coalesce(o.cancelled_at, update_order.at) ELSE o.cancelled_at END
   WHERE o.id = former.id AND o.time = former.time
  RETURNING o.status INTO result;
  RETURN result;
END $$;
COMMENT ON FUNCTION trading.update_order IS 'Amends an open order or notes what the exchange says of it; what is not given stays. Gives its status. filled_quantity and average_fill_price are for exchanges that report no single fills: otherwise fill_order.';

CREATE FUNCTION trading.cancel_order(order_id uuid, "at" timestamptz DEFAULT NULL) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  former trading.orders := trading.own_order(cancel_order.order_id);
BEGIN
  IF former.status = 'cancelled' THEN
    RETURN false;
  END IF;
  UPDATE trading.orders o SET status = 'cancelled', cancelled_at = cancel_order.at WHERE o.id = former.id AND o.time = former.time;
  RETURN true;
END $$;
COMMENT ON FUNCTION trading.cancel_order IS 'Cancels an open order; what is filled stays filled. False when it was cancelled already; an error when it ended otherwise.';

CREATE FUNCTION trading.record_trade(
  symbol text, side trading.trade_side, quantity numeric, price numeric, exchange text, exchange_trade_id text DEFAULT NULL, fee numeric DEFAULT 0, strategy_id uuid DEFAULT NULL, order_id uuid DEFAULT NULL,
  entry_price numeric DEFAULT NULL, exit_price numeric DEFAULT NULL, pnl numeric DEFAULT NULL, pnl_percentage numeric DEFAULT NULL, stop_loss numeric DEFAULT NULL, take_profit numeric DEFAULT NULL,
  exchange_order_id text DEFAULT NULL, market_conditions jsonb DEFAULT NULL, execution_latency_ms int DEFAULT NULL, slippage numeric DEFAULT NULL, "time" timestamptz DEFAULT NULL, id uuid DEFAULT NULL,
  OUT trade_id uuid, OUT created boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  acting bigint := trading.acting_account();
  attempt int := 1;
  broken text;
BEGIN
  PERFORM trading.require_strategy(record_trade.strategy_id, acting);
  LOOP
    SELECT k.trade_id INTO record_trade.trade_id FROM trading.trade_keys k
     WHERE k.account_id = acting AND ((k.exchange = record_trade.exchange AND k.exchange_trade_id = record_trade.exchange_trade_id) OR k.trade_id = record_trade.id);
    IF FOUND THEN
      created := false;
      RETURN;
    END IF;

    BEGIN
      INSERT INTO trading.trades (id, time, account_id, strategy_id, order_id, symbol, side, quantity, price, fee, entry_price, exit_price, pnl, pnl_percentage, stop_loss, take_profit,
                                  exchange, exchange_trade_id, exchange_order_id, market_conditions, execution_latency_ms, slippage)
      VALUES (coalesce(record_trade.id, public.uuid_v7()), coalesce(record_trade.time, now()), acting, record_trade.strategy_id, record_trade.order_id, record_trade.symbol, record_trade.side,
              record_trade.quantity, record_trade.price, record_trade.fee, record_trade.entry_price, record_trade.exit_price, record_trade.pnl, record_trade.pnl_percentage, record_trade.stop_loss,
              record_trade.take_profit, record_trade.exchange, record_trade.exchange_trade_id, record_trade.exchange_order_id, record_trade.market_conditions, record_trade.execution_latency_ms, record_trade.slippage)
      RETURNING trades.id INTO record_trade.trade_id;
      created := true;
      RETURN;
    EXCEPTION WHEN unique_violation THEN
      GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
      IF attempt = 3 THEN
        RAISE unique_violation USING MESSAGE = 'This trade id cannot be used.', CONSTRAINT = broken;
      END IF;
      attempt := attempt + 1;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION trading.record_trade IS 'Records an execution for the account in app.account_id. Recording the same exchange_trade_id (or id) again changes nothing and gives the trade there is, created = false.';

CREATE FUNCTION trading.fill_order(
  order_id uuid, quantity numeric, price numeric, exchange_trade_id text DEFAULT NULL, fee numeric DEFAULT 0, entry_price numeric DEFAULT NULL, exit_price numeric DEFAULT NULL, pnl numeric DEFAULT NULL,
  pnl_percentage numeric DEFAULT NULL, stop_loss numeric DEFAULT NULL, take_profit numeric DEFAULT NULL, market_conditions jsonb DEFAULT NULL, execution_latency_ms int DEFAULT NULL,
  slippage numeric DEFAULT NULL, "time" timestamptz DEFAULT NULL, id uuid DEFAULT NULL, OUT trade_id uuid, OUT created boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  filled trading.orders := trading.own_order(fill_order.order_id);
BEGIN
  SELECT r.trade_id, r.created INTO fill_order.trade_id, fill_order.created
    FROM trading.record_trade(filled.symbol, filled.side::text::trading.trade_side, fill_order.quantity, fill_order.price, filled.exchange, fill_order.exchange_trade_id, fill_order.fee, filled.strategy_id, filled.id,
                              fill_order.entry_price, fill_order.exit_price, fill_order.pnl, fill_order.pnl_percentage, fill_order.stop_loss, fill_order.take_profit, filled.exchange_order_id,
                              fill_order.market_conditions, fill_order.execution_latency_ms, fill_order.slippage, fill_order.time, fill_order.id) AS r;
END $$;
COMMENT ON FUNCTION trading.fill_order IS 'Records a fill of an order as a trade; quantity, average price, value, fees and status of the order follow. The same exchange_trade_id again changes nothing.';

CREATE FUNCTION trading.record_snapshot(
  total_value numeric, cash_balance numeric, invested_value numeric, strategy_id uuid DEFAULT NULL, "time" timestamptz DEFAULT NULL, unrealized_pnl numeric DEFAULT 0, realized_pnl numeric DEFAULT 0,
  positions jsonb DEFAULT '[]', position_count int DEFAULT 0, total_exposure numeric DEFAULT 0, leverage numeric DEFAULT 1, var_1d numeric DEFAULT NULL, max_drawdown numeric DEFAULT NULL,
  total_return numeric DEFAULT NULL, daily_return numeric DEFAULT NULL, sharpe_ratio numeric DEFAULT NULL, volatility numeric DEFAULT NULL, beta numeric DEFAULT NULL, alpha numeric DEFAULT NULL,
  market_correlation numeric DEFAULT NULL, asset_allocation jsonb DEFAULT NULL, snapshot_trigger text DEFAULT 'scheduled')
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  acting bigint := trading.acting_account();
BEGIN
  PERFORM trading.require_strategy(record_snapshot.strategy_id, acting);
  INSERT INTO trading.portfolio_snapshots (time, account_id, strategy_id, total_value, cash_balance, invested_value, unrealized_pnl, realized_pnl, positions, position_count, total_exposure, leverage, var_1d,
                                           max_drawdown, total_return, daily_return, sharpe_ratio, volatility, beta, alpha, market_correlation, asset_allocation, snapshot_trigger)
  VALUES (coalesce(record_snapshot.time, now()), acting, record_snapshot.strategy_id, record_snapshot.total_value, record_snapshot.cash_balance, record_snapshot.invested_value, record_snapshot.unrealized_pnl,
          record_snapshot.realized_pnl, record_snapshot.positions, record_snapshot.position_count, record_snapshot.total_exposure, record_snapshot.leverage, record_snapshot.var_1d, record_snapshot.max_drawdown,
          record_snapshot.total_return, record_snapshot.daily_return, record_snapshot.sharpe_ratio, record_snapshot.volatility, record_snapshot.beta, record_snapshot.alpha,
          record_snapshot.market_correlation, record_snapshot.asset_allocation, record_snapshot.snapshot_trigger)
  ON CONFLICT (strategy_id, account_id, time) DO NOTHING;
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION trading.record_snapshot IS 'Records what the account in app.account_id (or one strategy of it) is worth. False when there is a snapshot of that instant already, which stays.';

CREATE FUNCTION trading.log(
  service text, level trading.log_level, message text, component text DEFAULT NULL, details jsonb DEFAULT NULL, strategy_id uuid DEFAULT NULL, trade_id uuid DEFAULT NULL, order_id uuid DEFAULT NULL,
  user_id text DEFAULT NULL, session_id text DEFAULT NULL, request_id text DEFAULT NULL, execution_time_ms numeric DEFAULT NULL, memory_usage_mb numeric DEFAULT NULL, error_code text DEFAULT NULL,
  stack_trace text DEFAULT NULL, version text DEFAULT NULL, environment text DEFAULT NULL, hostname text DEFAULT NULL, "time" timestamptz DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM trading.require_strategy(log.strategy_id, account.current_id());
  INSERT INTO trading.system_logs (time, account_id, service, component, level, message, details, strategy_id, trade_id, order_id, user_id, session_id, request_id, execution_time_ms, memory_usage_mb,
                                   error_code, stack_trace, version, environment, hostname)
  VALUES (coalesce(log.time, clock_timestamp()), account.current_id(), log.service, log.component, log.level, log.message, log.details, log.strategy_id, log.trade_id, log.order_id, log.user_id, log.session_id,
          log.request_id, log.execution_time_ms, log.memory_usage_mb, log.error_code, log.stack_trace, log.version, log.environment, log.hostname);
END $$;
COMMENT ON FUNCTION trading.log IS 'Writes a log line, about the account in app.account_id or, without one, about none in particular.';

-- Health -------------------------------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION public.check_database_health() RETURNS TABLE (component text, status text, details text, response_time_ms numeric) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  started timestamptz := clock_timestamp();
  sees_all boolean := pg_has_role('pg_read_all_stats', 'USAGE');
  a numeric;
  b numeric;
  c numeric;
  words text;
BEGIN
  SELECT sum(numbackends), current_setting('max_connections')::numeric INTO a, b FROM pg_stat_database; -- pg_stat_activity hides what sort other roles' sessions are
  RETURN QUERY SELECT 'connections', CASE WHEN a > 0.95 * b THEN 'critical' WHEN a > 0.8 * b THEN 'warning' ELSE 'healthy' END, format('%s of %s are in use', a, b), trading.milliseconds_since(started);

  started := clock_timestamp();
  SELECT round(100.0 * blks_hit / nullif(blks_hit + blks_read, 0), 2), blks_hit + blks_read INTO a, b FROM pg_stat_database WHERE datname = current_database();
  RETURN QUERY SELECT 'cache hit ratio', CASE WHEN a < 90 AND b > 100000 THEN 'warning' ELSE 'healthy' END, coalesce(format('%s %% of %s block reads', a, b), 'nothing was read yet'), trading.milliseconds_since(started);

  started := clock_timestamp();
  SELECT coalesce(sum(n_dead_tup), 0), coalesce(sum(n_live_tup), 0) INTO a, b FROM pg_stat_user_tables;
  SELECT format('; most in %I.%I: %s', schemaname, relname, n_dead_tup) INTO words FROM pg_stat_user_tables WHERE n_dead_tup > 0 ORDER BY n_dead_tup DESC LIMIT 1;
  RETURN QUERY SELECT 'dead tuples', CASE WHEN a > 10000 AND a > 0.2 * (a + b) THEN 'warning' ELSE 'healthy' END, format('%s beside %s live rows%s', a, b, words), trading.milliseconds_since(started);

  started := clock_timestamp();
  SELECT coalesce(round(max(extract(epoch FROM clock_timestamp() - xact_start)), 1), 0) INTO a FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND datname = current_database();
  RETURN QUERY SELECT 'oldest transaction', CASE WHEN a > 3600 THEN 'critical' WHEN a > 300 THEN 'warning' ELSE 'healthy' END,
                      format('%s s%s', a, CASE WHEN sees_all THEN '' ELSE ' (of the sessions of ' || current_user || '; pg_read_all_stats sees all)' END), trading.milliseconds_since(started);

  started := clock_timestamp();
  SELECT extversion INTO words FROM pg_extension WHERE extname = 'timescaledb';
  IF words IS NULL THEN
    RETURN QUERY SELECT 'timescaledb', 'healthy', 'not installed: plain tables', trading.milliseconds_since(started);
    RETURN;
  END IF;
  RETURN QUERY SELECT 'timescaledb', 'healthy', format('%s (%s)', words, current_setting('timescaledb.license', true)), trading.milliseconds_since(started);

  -- Dynamic: elsewhere these views do not exist.
  started := clock_timestamp();
  EXECUTE 'SELECT count(*), count(*) FILTER (WHERE is_compressed), count(DISTINCT (hypertable_schema, hypertable_name)) FROM timescaledb_information.chunks' INTO a, b, c;
  RETURN QUERY SELECT 'chunks', CASE WHEN a > 20000 THEN 'warning' ELSE 'healthy' END, format('%s in %s hypertables', a, c), trading.milliseconds_since(started);
  IF current_setting('timescaledb.license', true) = 'timescale' THEN
    RETURN QUERY SELECT 'compression', 'healthy', format('%s of %s chunks are compressed', b, a), trading.milliseconds_since(started);
    started := clock_timestamp();
    EXECUTE 'SELECT count(*), count(*) FILTER (WHERE s.last_run_status = ''Failed'') FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.job_stats s USING (job_id) WHERE j.hypertable_name IS NOT NULL' INTO a, b;
    RETURN QUERY SELECT 'jobs', CASE WHEN b > 0 THEN 'warning' ELSE 'healthy' END, format('%s, of which the last run of %s failed', a, b), trading.milliseconds_since(started);
  END IF;
END $$;
COMMENT ON FUNCTION public.check_database_health() IS 'How the database is, component by component: healthy, warning or critical, in words, and how long the question took. Says of TimescaleDB what the server has of it.';

CREATE FUNCTION trading.milliseconds_since(started timestamptz) RETURNS numeric LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT round(extract(epoch FROM clock_timestamp() - started) * 1000, 3)
$$;
COMMENT ON FUNCTION trading.milliseconds_since(timestamptz) IS 'For check_database_health.';

-- Rights -------------------------------------------------------------------------------------------------------------------------------------------------

ALTER TABLE trading.strategies ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON trading.strategies TO wyckoff_app USING (account_id = account.current_id()) WITH CHECK (account_id = account.current_id());
CREATE POLICY benchmarks ON trading.strategies FOR SELECT TO wyckoff_app, wyckoff_reader USING (is_benchmark);
CREATE POLICY all_rows ON trading.strategies TO wyckoff_worker USING (true) WITH CHECK (true);
ALTER TABLE trading.order_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON trading.order_keys TO wyckoff_worker USING (true) WITH CHECK (true);
ALTER TABLE trading.trade_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON trading.trade_keys TO wyckoff_worker USING (true) WITH CHECK (true);

GRANT USAGE ON SCHEMA trading TO wyckoff_app, wyckoff_worker, wyckoff_reader;
-- Everything but the figures, the version and its instant: those are the triggers'.
GRANT SELECT, DELETE ON trading.strategies TO wyckoff_app, wyckoff_worker;
GRANT INSERT (id, account_id, is_benchmark, name, description, type, status, asset_type, direction, config, parameters, symbols, timeframes, entry_criteria, exit_criteria, max_positions, max_risk_per_trade,
              max_portfolio_risk, min_risk_reward, is_active, risk_profile, implied_strategy_family, created_at, created_by),
      UPDATE (is_benchmark, name, description, type, status, asset_type, direction, config, parameters, symbols, timeframes, entry_criteria, exit_criteria, max_positions, max_risk_per_trade,
              max_portfolio_risk, min_risk_reward, is_active, risk_profile, implied_strategy_family, created_by)
  ON trading.strategies TO wyckoff_app, wyckoff_worker;
GRANT SELECT ON trading.strategies TO wyckoff_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON trading.probe_strategies, trading.strategy_probe_results, trading.strategy_probe_trades TO wyckoff_app, wyckoff_worker;
GRANT SELECT ON trading.probe_strategies, trading.strategy_probe_results, trading.strategy_probe_trades TO wyckoff_reader;
GRANT SELECT ON trading.my_orders, trading.my_open_orders, trading.my_trades, trading.my_portfolio_snapshots, trading.my_system_logs, trading.my_active_strategies, trading.my_recent_performance TO wyckoff_app, wyckoff_worker;
GRANT SELECT ON trading.orders, trading.order_keys, trading.trades, trading.trade_keys, trading.portfolio_snapshots, trading.system_logs, trading.active_strategies, trading.recent_performance TO wyckoff_worker;
-- For retention where there are no policies.
GRANT DELETE ON trading.orders, trading.trades, trading.portfolio_snapshots, trading.system_logs TO wyckoff_worker;

DO $$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'trading'::regnamespace LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
  FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'trading'::regnamespace
              AND p.proname IN ('place_order', 'update_order', 'cancel_order', 'fill_order', 'record_trade', 'record_snapshot', 'log', 'calculate_strategy_metrics') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO wyckoff_app, wyckoff_worker', f);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION trading.refresh_views() TO wyckoff_worker;
GRANT EXECUTE ON FUNCTION trading.milliseconds_since(timestamptz) TO wyckoff_app, wyckoff_worker, wyckoff_reader;
REVOKE EXECUTE ON FUNCTION public.check_database_health() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.check_database_health() TO wyckoff_app, wyckoff_worker, wyckoff_reader;
