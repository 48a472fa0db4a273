CREATE FUNCTION trading.calculate_strategy_metrics(
  strategy_id uuid,
  from_time timestamptz DEFAULT NULL,
  to_time timestamptz DEFAULT NULL
)
RETURNS TABLE (
  trades bigint,
  executions bigint,
  winning_trades bigint,
  losing_trades bigint,
  win_rate numeric,
  gross_profit numeric,
  gross_loss numeric,
  profit_factor numeric,
  expectancy numeric,
  total_pnl numeric,
  total_fees numeric,
  net_pnl numeric,
  sharpe_ratio numeric,
  sortino_ratio numeric,
  max_drawdown numeric,
  exposure numeric,
  first_trade_at timestamptz,
  last_trade_at timestamptz
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Runs with the rights of the caller: a service reads the trades of its account, the worker those of all accounts.
  RETURN QUERY EXECUTE format($query$
    WITH past AS MATERIALIZED (
      SELECT id, time, symbol, side, quantity, pnl, fee, coalesce(pnl, 0) - fee AS net
        FROM %s
       WHERE strategy_id = $1 AND ($3 IS NULL OR time < $3)),
    bounds AS (
      SELECT coalesce($2, min(time)) AS starts,
             coalesce($3, max(time)) AS ends,
             ((coalesce($3 - INTERVAL '1 microsecond', max(time))) AT TIME ZONE 'UTC')::date AS last_day
        FROM past),
    inside AS (
      SELECT p.* FROM past p, bounds b WHERE p.time >= b.starts),
    days AS (
      SELECT coalesce(sum(i.net), 0) AS net
        FROM bounds b, generate_series((b.starts AT TIME ZONE 'UTC')::date, b.last_day, INTERVAL '1 day') AS day
        LEFT JOIN (SELECT (time AT TIME ZONE 'UTC')::date AS day, net FROM inside) AS i ON i.day = day.day
       GROUP BY day.day),
    daily AS (
      SELECT avg(net) AS mean, stddev_samp(net) AS deviation, sqrt(avg(least(net, 0) ^ 2)) AS downside, count(*) AS days
        FROM days),
    curve AS (
      SELECT sum(net) OVER so_far AS equity FROM inside WINDOW so_far AS (ORDER BY time, id)),
    falls AS (
      SELECT greatest(0, max(equity) OVER (ROWS UNBOUNDED PRECEDING)) - equity AS fall FROM curve),
    positions AS (
      SELECT time,
             sum(CASE side WHEN 'buy' THEN quantity ELSE -quantity END) OVER so_far AS held,
             lead(time) OVER so_far AS until
        FROM past
      WINDOW so_far AS (PARTITION BY symbol ORDER BY time, id)),
    held AS (
      SELECT range_agg(tstzrange(p.time, coalesce(p.until, b.ends))) AS times
        FROM positions p, bounds b
       WHERE p.held <> 0 AND p.time < coalesce(p.until, b.ends)),
    invested AS (
      SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0) AS seconds
        FROM held, bounds, unnest(held.times * tstzmultirange(tstzrange(starts, ends))) AS r
       WHERE starts < ends),
    sums AS (
      SELECT count(pnl) AS trades,
             count(*) AS executions,
             count(*) FILTER (WHERE pnl > 0) AS winning,
             count(*) FILTER (WHERE pnl < 0) AS losing,
             coalesce(sum(pnl) FILTER (WHERE pnl > 0), 0) AS profit,
             coalesce(-sum(pnl) FILTER (WHERE pnl < 0), 0) AS loss,
             avg(pnl) AS mean,
             coalesce(sum(pnl), 0) AS pnl,
             coalesce(sum(fee), 0) AS fees,
             min(time) AS first,
             max(time) AS last
        FROM inside)
    SELECT s.trades, s.executions, s.winning, s.losing,
           round(100.0 * s.winning / nullif(s.trades, 0), 4),
           s.profit, s.loss,
           round(s.profit / nullif(s.loss, 0), 6),
           round(s.mean, 8),
           s.pnl, s.fees, s.pnl - s.fees,
           round(d.mean / nullif(d.deviation, 0) * sqrt(365::numeric), 6),
           round(CASE WHEN d.days > 1 THEN d.mean / nullif(d.downside, 0) * sqrt(365::numeric) END, 6),
           (SELECT max(fall) FROM falls),
           round(invested.seconds / nullif(extract(epoch FROM b.ends - b.starts), 0), 6),
           s.first, s.last
      FROM sums s, daily d, bounds b, invested
    $query$, CASE WHEN has_table_privilege('trading.trades', 'SELECT') THEN 'trading.trades' ELSE 'trading.my_trades' END)
  USING
    strategy_id,
    nullif(nullif(from_time, '-infinity'), 'infinity'),
    nullif(nullif(to_time, 'infinity'), '-infinity');
END $$;
COMMENT ON FUNCTION trading.calculate_strategy_metrics(uuid, timestamptz, timestamptz) IS
'The results of a strategy from from_time (inclusive; null: its first trade) to to_time (exclusive; null: its last trade, inclusive).
Returns one row. Quotients with a divisor of zero are null.
trades: executions with a P&L, i.e. closing ones; executions: all. winning_trades, losing_trades: those with a P&L above, below 0.
win_rate: winning_trades / trades, in per cent. gross_profit, gross_loss: sums of the P&L above and (as a positive number) below 0.
profit_factor: gross_profit / gross_loss, null without a loss. expectancy: mean P&L of the trades. All of these are before fees.
total_pnl, total_fees: sums; net_pnl = total_pnl - total_fees. The net of an execution is its P&L, if any, minus its fee.
sharpe_ratio: mean / sample standard deviation of the net per UTC calendar day of the period, times the square root of 365.
Days without a trade count as 0 and the risk-free rate is 0. With a constant capital this is the ratio of the returns.
Null with fewer than two days.
sortino_ratio: the same, with the root of the mean square of the days below 0 (over all days) instead of the deviation.
max_drawdown: greatest fall, in money, of the running net from its highest value so far, which is at least 0 (the start).
Executions are ordered by time, then id.
exposure: share (0 to 1) of the period in which the running position in any symbol was not 0.
The running position is buys minus sells since the first trade, including trades before the period.';
REVOKE EXECUTE ON FUNCTION trading.calculate_strategy_metrics FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trading.calculate_strategy_metrics TO wyckoff_app, wyckoff_worker, wyckoff_console;
