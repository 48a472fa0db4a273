-- Fills every table of every schema, with as few rows as make the planner choose the same plans as with many. The rows are the same each
-- time, except those of the prediction markets, whose queries ask for "the last day".
CREATE FUNCTION pg_temp.u(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.aapl(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN n = 1 OR n % 20 = 0 THEN 'AAPL' ELSE 'X' || n % 77 END $$;

-- market
INSERT INTO market.tickers (symbol) SELECT 'T' || n FROM generate_series(1, 1000) n;
INSERT INTO market.bars_1m (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
  SELECT t, '2024-03-01'::timestamptz + n * interval '1 minute', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x'
    FROM generate_series(1, 60) t, generate_series(0, 79) n;
INSERT INTO market.bars_5m (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
  SELECT t, '2024-03-01'::timestamptz + n * interval '5 minutes', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x'
    FROM generate_series(1, 60) t, generate_series(0, 79) n;
INSERT INTO market.bars_15m (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
  SELECT t, '2024-03-01'::timestamptz + n * interval '15 minutes', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x'
    FROM generate_series(1, 60) t, generate_series(0, 79) n;
INSERT INTO market.bars_30m (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
  SELECT t, '2024-03-01'::timestamptz + n * interval '30 minutes', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x'
    FROM generate_series(1, 60) t, generate_series(0, 79) n;
INSERT INTO market.bars_1h (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
  SELECT t, '2024-03-01'::timestamptz + n * interval '1 hour', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x'
    FROM generate_series(1, 60) t, generate_series(0, 79) n;
INSERT INTO market.bars_4h (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
  SELECT t, '2024-03-01'::timestamptz + n * interval '4 hours', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x'
    FROM generate_series(1, 60) t, generate_series(0, 79) n;
INSERT INTO market.bars_1d (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
  SELECT t, '2024-03-01'::timestamptz + n * interval '1 day', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x'
    FROM generate_series(1, 60) t, generate_series(0, 79) n;
INSERT INTO market.bars_1d (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
  SELECT t, '2024-03-01'::timestamptz, 1, 1, 1, 1, 1, 0, 1, 1, false, 'x' FROM generate_series(61, 1000) t;
INSERT INTO market.indicators (ticker_id, timeframe, timestamp)
SELECT t, '1d', '2024-01-01'::timestamptz + n * interval '1 day'
  FROM generate_series(1, 60) t, generate_series(0, 99) n;
INSERT INTO market.computed_features (ticker_id, timeframe, timestamp, feature_version, features)
  SELECT t, '1d', '2024-01-01'::timestamptz + n * interval '1 day', 'v' || v, '{}'
    FROM generate_series(1, 30) t, generate_series(0, 99) n, generate_series(1, 2) v;
INSERT INTO market.sync_coverage (ticker_id, timeframe, source)
SELECT t, f, s
  FROM generate_series(1, 200) t, unnest(ARRAY['1m', '1h', '1d']) f, unnest(ARRAY['alpaca', 'finnhub']) s;
INSERT INTO market.data_sync_log (ticker_id, timeframe, source, status, started_at, last_sync_at)
  SELECT t, '1d', 'alpaca', 'success', '2024-01-01', '2024-01-01'::timestamptz + n * interval '1 day'
    FROM generate_series(1, 60) t, generate_series(0, 49) n;
INSERT INTO market.sync_payloads (sync_id, ticker_id, page, received_at, request, content_type, encoding, bytes, payload)
  SELECT n, 1, p, '2024-01-01', 'r', 'c', 'gzip', 1, '\x00' FROM generate_series(1, 1000) n, generate_series(1, 3) p;
-- As a migration would count them; and some whose bars are gone.
INSERT INTO market.bar_windows (ticker_id, timeframe, version, since, until)
  SELECT ticker_id, timeframe, 1, min(timestamp), max(timestamp) + market.timeframe_width(timeframe)
    FROM market.ohlcv_bars
   GROUP BY ticker_id, timeframe;
INSERT INTO market.bar_windows (ticker_id, timeframe, version)
SELECT t, f, 1
  FROM generate_series(1, 800) t, unnest(ARRAY['1m', '5m', '1h']) f
ON CONFLICT DO NOTHING;
INSERT INTO market.indicator_windows (ticker_id, timeframe, version, computed_at)
SELECT t, f, 1, '2024-01-01'
  FROM generate_series(1, 400) t, unnest(ARRAY['1m', '5m', '1h', '1d']) f;
INSERT INTO market.feeds (ticker_id, timeframe, provider, since, enabled, next_due)
  SELECT t, f, 'alpaca', '2024-01-01', t % 10 > 0, '2026-01-01'::timestamptz + t * interval '1 minute'
    FROM generate_series(1, 500) t, unnest(ARRAY['1m', '1d']) f;
INSERT INTO market.leases (name, holder, version, until) SELECT 'feed/' || n, 'i' || n % 3, 1, '2026-01-01' FROM generate_series(1, 1000) n;
INSERT INTO market.bar_changes (ticker_id, timeframe, version, range)
SELECT t, '1d', 1000 + n, '[2024-01-01,2024-01-02)'
  FROM generate_series(1, 60) t, generate_series(1, 60) n;
INSERT INTO market.import_batches (file, sha256, source, symbol, timeframe, status, started_at, finished_at)
  SELECT 'f', repeat(substr(md5(n::text), 1, 8), 8), 'x', 'T7', '1d', 'completed',
    '2024-01-01'::timestamptz + n * interval '1 minute', '2025-01-01'
    FROM generate_series(1, 2000) n;
INSERT INTO market.import_rejects (batch_id, line_number, text, reason)
SELECT b, n, 't', 'r'
  FROM generate_series(1, 100) b, generate_series(1, 30) n;
INSERT INTO market.import_windows (import_id, ticker_id, timeframe, range)
SELECT n, 1 + n % 400, '1d', '[2024-01-01,2024-02-01)'
  FROM generate_series(1, 2000) n;
INSERT INTO market.import_claims (import_id, ticker_id, timeframe, holder_id, ranges)
SELECT n, 1 + n % 400, '1d', n - 1, '{[2024-01-01,2024-02-01)}'
  FROM generate_series(2, 2000) n;
INSERT INTO market.alternative_bars (ticker_id, timeframe, timestamp, import_id, open, high, low, close, volume, source, kept_at)
SELECT t, '1d', '2024-01-01'::timestamptz + n * interval '1 day', t, 1, 1, 1, 1, 1, 'x', '2024-03-01'::timestamptz + n * interval '1 day'
  FROM generate_series(1, 200) t, generate_series(1, 100) n;
SELECT market.refresh_overview();

-- account
INSERT INTO account.user_accounts (external_user_id, name, email, google_id)
SELECT 'e' || i, 'n', 'u' || i || '@x', 'g' || i
  FROM generate_series(1, 1000) i;
INSERT INTO account.user_profiles (user_account_id) SELECT id FROM account.user_accounts ON CONFLICT DO NOTHING;
INSERT INTO account.user_rules (account_id, rule_code, evaluator)
SELECT id, 'R' || r, 'e' || r % 3
  FROM account.user_accounts, generate_series(1, 3) r;
INSERT INTO account.api_keys (account_id, name, prefix, key_hash)
SELECT id, 'k', 'wk_abcdefgh', sha256((id || ' ' || k)::bytea)
  FROM account.user_accounts, generate_series(1, 2) k;
INSERT INTO account.sessions (account_id, token_hash, user_agent, expires_at)
SELECT id, sha256(('session ' || id || ' ' || s)::bytea), 'Firefox', now() + interval '14 days'
  FROM account.user_accounts, generate_series(1, 2) s;
INSERT INTO account.waitlist (name, email, status, created_at)
  SELECT 'n', 'w' || i || '@x', CASE WHEN i % 10 = 0 THEN 'waiting' ELSE 'approved' END, '2026-01-01'::timestamptz - i * interval '1 hour'
    FROM generate_series(1, 2000) i;

-- wyckoff
INSERT INTO wyckoff.trading_ranges (id, symbol, timeframe, start_time, end_time, duration_bars, creek_level, ice_level,
  jump_target, cause_factor, range_width, phase, strength_score)
  SELECT pg_temp.u(n), pg_temp.aapl(n), '1d', '2024-01-02'::timestamptz + n * interval '1 hour',
    CASE WHEN n % 10 > 0 THEN '2025-03-01'::timestamptz END, 40, 100, 110, 130, 2.0, 10,
    CASE WHEN n % 3 = 0 THEN 'C' ELSE 'D' END, 60 + n % 40
    FROM generate_series(1, 3000) n;
INSERT INTO wyckoff.patterns (id, pattern_type, symbol, timeframe, detection_time, pattern_bar_timestamp, confidence_score,
  phase, trading_range_id, entry_price, stop_loss, invalidation_level, volume_ratio, spread_ratio, metadata)
  SELECT pg_temp.u(n), CASE WHEN n % 10 = 0 THEN 'SPRING' ELSE 'LPS' END, pg_temp.aapl(n), '1d', t + interval '2 days', t, 80,
    CASE WHEN n % 3 = 0 THEN 'C' ELSE 'D' END, pg_temp.u(n), 101, 97, 95, 0.5, 0.9,
         jsonb_build_object('spring_type', CASE WHEN n % 500 = 0 THEN 3 ELSE 1 END)
    FROM generate_series(1, 3000) n, LATERAL (SELECT '2026-01-01'::timestamptz - n * interval '6 hours' AS t) x;
INSERT INTO wyckoff.campaigns (id, campaign_id, symbol, timeframe, trading_range_id, status, total_allocation, current_risk,
  entries, started_at, completed_at)
  SELECT pg_temp.u(n), 'C-' || n, pg_temp.aapl(n), '1d', pg_temp.u(n), CASE WHEN n % 10 = 0 THEN 'ACTIVE' ELSE 'COMPLETED' END,
    5, 100, '[]', t, CASE WHEN n % 10 > 0 THEN t + interval '20 days' END
    FROM generate_series(1, 2000) n, LATERAL (SELECT '2024-03-03'::timestamptz + n * interval '1 hour' AS t) x;
INSERT INTO wyckoff.signals (id, signal_type, pattern_id, symbol, timeframe, generated_at, entry_price, stop_loss, target_1,
  target_2, position_size, risk_amount, r_multiple, confidence_score, campaign_id, campaign_allocation, status, approval_chain,
  notification_sent)
  SELECT pg_temp.u(n), 'LONG', p.id, p.symbol, '1d', p.detection_time, 101, 97, 110, 130, 100, 400, 2.25, 80, pg_temp.u(n), 0.4,
    CASE WHEN n % 10 = 0 THEN 'PENDING' ELSE 'REJECTED' END, '[]', n % 10 > 0
    FROM generate_series(1, 2000) n JOIN wyckoff.patterns p ON p.id = pg_temp.u(n);
INSERT INTO wyckoff.positions (id, campaign_id, signal_id, pattern_type, side, entry_date, entry_price, shares, stop_loss,
  target_price, status, exit_date, exit_price, allocation_percent, risk_amount)
  SELECT pg_temp.u(n), pg_temp.u(n), pg_temp.u(n), 'SPRING', 'LONG', t, 101, 100, 97, 130,
    CASE WHEN n % 10 = 0 THEN 'OPEN' ELSE 'CLOSED' END, CASE WHEN n % 10 > 0 THEN t + interval '9 days' END,
    CASE WHEN n % 10 > 0 THEN 110 END, 2, 400
    FROM generate_series(1, 2000) n, LATERAL (SELECT '2024-03-04'::timestamptz + n * interval '1 hour' AS t) x;
INSERT INTO wyckoff.allocation_plans (campaign_id, signal_id, pattern_type, bmad_allocation_pct, target_risk_pct,
  actual_risk_pct, position_size_shares, allocation_used, remaining_budget, approved, timestamp)
  SELECT pg_temp.u(n), pg_temp.u(n), 'SPRING', 0.4, 0.5, 0.5, 100, 2, 3, true, '2024-03-03' FROM generate_series(1, 2000) n;
INSERT INTO wyckoff.exit_rules (campaign_id, target_1_level, target_2_level, target_3_level, t1_exit_pct, t2_exit_pct, t3_exit_pct)
SELECT pg_temp.u(n), 110, 120, 130, 50, 30, 20
  FROM generate_series(1, 2000) n;
INSERT INTO wyckoff.exit_orders (campaign_id, position_id, order_type, exit_level, shares, reason, triggered_at, executed, executed_at)
  SELECT pg_temp.u(n), pg_temp.u(n), 'PARTIAL_EXIT', 110, 50, 'T1', t, n % 10 > 0, CASE WHEN n % 10 > 0 THEN t END
    FROM generate_series(1, 2000) n, LATERAL (SELECT '2024-04-01'::timestamptz + n * interval '1 hour' AS t) x;
INSERT INTO wyckoff.campaign_metrics (campaign_id, symbol, total_return_pct, total_r_achieved, duration_days, max_drawdown,
  total_positions, winning_positions, losing_positions, win_rate, calculation_timestamp, completed_at)
  SELECT id, symbol, 3, 2, 30, 1, 2, 1, 1, 50, '2026-01-01', completed_at FROM wyckoff.campaigns;
INSERT INTO wyckoff.watchlist (symbol, timeframe, enabled, last_scanned_at)
SELECT CASE WHEN n = 1 THEN 'AAPL' ELSE 'W' || n END, '1d', n % 10 = 0, '2026-01-01'::timestamptz + n * interval '1 minute'
  FROM generate_series(1, 2000) n;
INSERT INTO wyckoff.backtest_results (backtest_run_id, symbol, timeframe, start_date, end_date, total_patterns_detected,
  true_positives, false_positives, false_negatives, precision, recall, total_signals_generated, winning_signals, losing_signals,
  win_rate, average_r_multiple, max_drawdown, config, created_at)
  SELECT pg_temp.u(n / 10), pg_temp.aapl(n), '1d', '2023-01-01', '2023-12-31', 10, 7, 3, 2, 0.7, 0.77, 5, 3, 2, 0.6, 2, 0.1,
    '{}', '2026-01-01'::timestamptz + n * interval '1 minute'
    FROM generate_series(1, 2000) n;

-- trading
INSERT INTO trading.strategies (id, account_id, name, symbols, timeframes, status)
  SELECT pg_temp.u(n), 1 + n % 200, 'S' || n, ARRAY[CASE WHEN n % 500 = 0 THEN 'AAPL' ELSE 'X' || n % 300 END], '{1d}',
    CASE WHEN n % 2 = 0 THEN 'active'::trading.strategy_status ELSE 'stopped' END
    FROM generate_series(1, 2000) n;
INSERT INTO trading.strategies (id, name, is_benchmark) SELECT pg_temp.u(10000 + n), 'B' || n, true FROM generate_series(1, 10) n;
INSERT INTO trading.probe_strategies (id, name, display_name, strategy_type)
SELECT pg_temp.u(n), 'p' || n, 'p', 't'
  FROM generate_series(1, 1000) n;
INSERT INTO trading.strategy_probe_results (id, run_id, symbol, strategy_id, period_start, period_end, timeframe, open_day, total_pnl)
  SELECT pg_temp.u(n), 'r' || n % 997, pg_temp.aapl(n), pg_temp.u(1 + n % 1000), '2026-01-01', '2026-02-01', '1d',
    '2025-06-01'::date + n % 301, n
    FROM generate_series(1, 5000) n;
INSERT INTO trading.strategy_probe_trades (result_id, symbol, side, entry_time, exit_time, entry_price, exit_price, quantity,
  pnl, return_pct)
  SELECT id, symbol, 'long', open_day + i * interval '2 hours', '2026-12-01', 1, 1, 1, 1, 1
    FROM trading.strategy_probe_results, generate_series(1, 2) i;
-- One busy account among many: what an index is worth shows where an account has much.
INSERT INTO trading.orders (id, time, account_id, strategy_id, symbol, side, type, status, quantity, price, filled_quantity,
  average_fill_price, filled_at, exchange, client_order_id, exchange_order_id)
  SELECT pg_temp.u(n), '2025-12-20'::timestamptz + n * interval '9 minutes', s.account_id, s.id, pg_temp.aapl(n / 2), 'buy',
    'limit', CASE WHEN n <= 1500
    OR n % 50 < 2 THEN 'pending'::trading.order_status ELSE 'filled' END, 1, 10,
         CASE WHEN n <= 1500 OR n % 50 < 2 THEN 0 ELSE 1 END, CASE WHEN n <= 1500
           OR n % 50 < 2 THEN NULL ELSE 10 END, CASE WHEN n <= 1500
           OR n % 50 < 2 THEN NULL ELSE '2026-12-01'::timestamptz END, 'NYSE', 'c-' || n, 'x-' || n
    FROM generate_series(1, 6000) n
      JOIN trading.strategies s ON s.id = pg_temp.u(CASE WHEN n % 10 = 1 THEN 200 * (1 + n / 10 % 10) ELSE 1 + n % 2000 END);
INSERT INTO trading.orders (time, account_id, symbol, side, type, quantity, exchange, parent_order_id)
  SELECT time + interval '1 hour', account_id, 'AAPL', 'sell', 'market', 1, 'NYSE', order_id
    FROM trading.order_keys
   WHERE order_id <= pg_temp.u(300);
-- What an order's trades say becomes of the order.
INSERT INTO trading.trades (id, time, account_id, strategy_id, order_id, symbol, side, quantity, price, exchange,
  exchange_trade_id, market_conditions, entry_price, exit_price, pnl)
  SELECT pg_temp.u(n), o.time, o.account_id, o.strategy_id, CASE WHEN n <= 1500
    AND n % 50 > 1 THEN o.id END, o.symbol, CASE WHEN n <= 1500
    AND n % 50 > 1 THEN 'buy'::trading.trade_side ELSE 'sell' END, 1, 10, 'NYSE', 't-' || n,
      jsonb_build_object('regime', CASE WHEN n % 500 = 0 THEN 'panic' ELSE 'calm' END), 9, 10, 1
    FROM generate_series(1, 6000) n
      JOIN trading.orders o ON o.id = pg_temp.u(n) AND o.time = '2025-12-20'::timestamptz + n * interval '9 minutes';
-- The views of performance look at the last weeks.
INSERT INTO trading.trades (time, account_id, strategy_id, symbol, side, quantity, price, exchange)
SELECT now(), account_id, id, 'AAPL', 'buy', 1, 10, 'NYSE'
  FROM trading.strategies
 WHERE account_id IS NOT NULL;
INSERT INTO trading.portfolio_snapshots (time, account_id, strategy_id, total_value, cash_balance, invested_value)
  SELECT '2026-01-01'::timestamptz + n * interval '1 hour', s.account_id, s.id, 1, 1, 0
    FROM generate_series(1, 60) n
    JOIN trading.strategies s ON s.id <= pg_temp.u(100);
INSERT INTO trading.system_logs (time, account_id, service, level, message, details, strategy_id, request_id)
  SELECT '2026-01-01'::timestamptz + n * interval '90 seconds', CASE WHEN n % 3 = 0 THEN n % 200 + 1 END,
    CASE WHEN n % 500 = 0 THEN 'MigrationService' ELSE 'Api' END,
    CASE WHEN n % 300 = 0 THEN 'error'::trading.log_level ELSE 'info' END, 'm', '{}',
         CASE WHEN n % 50 = 0 THEN pg_temp.u(1 + n % 1000) END, 'r-' || n
    FROM generate_series(1, 10000) n;
SELECT trading.refresh_views();

-- journal
INSERT INTO journal.snaptrade_users (user_account_id, snaptrade_user_id, snaptrade_user_secret)
SELECT id, 'st-' || id, 'CfDJ8' || repeat('x', 100)
  FROM account.user_accounts;
INSERT INTO journal.broker_connections (account_id, snaptrade_user_id, brokerage_name, brokerage_slug, authorization_id)
  SELECT user_account_id, id, 'b', 'b', 'auth-' || id || '-' || c FROM journal.snaptrade_users, generate_series(1, 2) c;
INSERT INTO journal.trade_fills (account_id, broker_connection_id, symbol, side, quantity, price, executed_at, source, external_trade_id)
  SELECT 1, CASE WHEN i % 20 = 0 THEN 1 END, 'S' || i % 40, 'buy', 1, 1, '2026-01-01'::timestamptz - i * interval '1 hour',
    'broker_synced', 'x-' || i
    FROM generate_series(1, 4000) i;
INSERT INTO journal.trade_fills (account_id, symbol, side, quantity, price, executed_at, source, external_trade_id)
  SELECT id, 'S' || i, 'buy', 1, 1, '2026-01-01'::timestamptz - i * interval '1 hour', 'broker_synced', 'x-' || i
    FROM account.user_accounts, generate_series(1, 2) i
   WHERE id > 1;
INSERT INTO journal.decision_contexts (account_id, fill_id, context_type, strategy_id)
SELECT account_id, id, 'entry', CASE WHEN account_id = 1 AND id % 10 = 0 THEN pg_temp.u(200 * (1 + id % 10)) END
  FROM journal.trade_fills;
INSERT INTO journal.campaign_checks (account_id, decision_context_id, check_type, severity, passed, check_phase, checked_at)
  SELECT account_id, id, 'RS001', 'info', id % 10 > 0, 'at_entry', '2026-01-01'::timestamptz - id * interval '1 minute'
    FROM journal.decision_contexts;
INSERT INTO journal.campaign_fills (account_id, group_id, fill_id, quantity)
SELECT account_id, min(id) OVER (PARTITION BY account_id, id / 5), id, 1
  FROM journal.trade_fills;
INSERT INTO journal.journal_entries (account_id, date, entry_type, content, trade_id, campaign_id, signal_id)
  SELECT 1, '2026-01-01'::date - i, 'daily', repeat('words ', 50), CASE WHEN i % 5 = 0 THEN 'T-' || i END,
    CASE WHEN i BETWEEN 1 AND 50 THEN pg_temp.u(i) END, CASE WHEN i BETWEEN 1 AND 50 THEN pg_temp.u(i) END
    FROM generate_series(-200, 2500) i;
INSERT INTO journal.journal_entries (account_id, date, entry_type, content)
SELECT id, '2026-01-01'::date - i, 'daily', repeat('words ', 50)
  FROM account.user_accounts, generate_series(1, 2) i
 WHERE id > 1;

-- prediction
INSERT INTO prediction.markets (condition_id, question, slug, outcomes, clob_token_ids, active, closed, end_date, updated_at)
  SELECT '0x' || n, 'q' || n, 's' || n, ARRAY['Yes', 'No'], ARRAY['token-' || n, 'token-n' || n], true, n % 10 > 0,
    '2026-01-01'::timestamptz + n * interval '1 hour', '2026-01-01'::timestamptz + n * interval '1 minute'
    FROM generate_series(1, 3000) n;
INSERT INTO prediction.resolutions (condition_id, outcome, resolved_at, detection_method)
SELECT condition_id, 'Yes', end_date, 'price'
  FROM prediction.markets
 WHERE closed AND end_date < '2026-04-01';
INSERT INTO prediction.price_snapshots (ts, token_id, price, volume_24h)
SELECT date_trunc('hour', now()) - n * interval '1 hour', 'token-' || t, 0.5, 10
  FROM generate_series(1, 100) n, generate_series(1, 80) t;
INSERT INTO prediction.orderbook_snapshots (ts, token_id, bids, asks, spread, midpoint)
SELECT date_trunc('hour', now()) - n * interval '1 hour', 'token-' || t, '[]', '[]', 0.01, 0.5
  FROM generate_series(1, 100) n, generate_series(1, 40) t;
INSERT INTO prediction.trades (ts, token_id, side, price, size, trade_id)
SELECT date_trunc('hour', now()) - n * interval '1 hour', 'token-' || t, 'BUY', 0.5, 3, 't-' || n || '-' || t
  FROM generate_series(1, 100) n, generate_series(1, 40) t;
