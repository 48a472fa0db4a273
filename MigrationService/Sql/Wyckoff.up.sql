-- updated_at and version
CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.trading_ranges FOR EACH ROW EXECUTE FUNCTION public.touch_versioned_row();
CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.campaigns FOR EACH ROW EXECUTE FUNCTION public.touch_versioned_row();
CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.signals FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.positions FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.exit_rules FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.campaign_metrics FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.watchlist FOR EACH ROW EXECUTE FUNCTION public.touch_row();
CREATE TRIGGER touch BEFORE UPDATE ON wyckoff.backtest_results FOR EACH ROW EXECUTE FUNCTION public.touch_row();

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON wyckoff.signals FOR EACH ROW EXECUTE FUNCTION audit.record_change('signal', 'id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON wyckoff.campaigns FOR EACH ROW EXECUTE FUNCTION audit.record_change('campaign', 'id');

-- No look-ahead. The check knows the width of the bar, but a day closes at midnight in the zone of its market, which only the ticker knows (if there is one).
CREATE FUNCTION wyckoff.check_detection_time() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  closed timestamptz := (SELECT ((NEW.pattern_bar_timestamp AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE t.timezone FROM market.tickers t WHERE t.symbol = NEW.symbol);
BEGIN
  IF NEW.detection_time < closed THEN
    RAISE check_violation USING
      MESSAGE = format('the daily bar of %s closes at %s: nothing in it was known at %s', NEW.symbol, closed, NEW.detection_time),
      SCHEMA = 'wyckoff', TABLE = 'patterns', CONSTRAINT = 'chk_patterns_detection_time';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION wyckoff.check_detection_time() IS 'A pattern in daily bars is not known before the next midnight in the zone of its ticker.';
CREATE TRIGGER check_detection_time BEFORE INSERT OR UPDATE OF detection_time, pattern_bar_timestamp, symbol, timeframe ON wyckoff.patterns
  FOR EACH ROW WHEN (NEW.timeframe = '1d') EXECUTE FUNCTION wyckoff.check_detection_time();

CREATE FUNCTION wyckoff.check_signal_pattern() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF EXISTS (SELECT FROM wyckoff.patterns p WHERE p.id = NEW.pattern_id AND (p.detection_time > NEW.generated_at OR p.symbol <> NEW.symbol)) THEN
    RAISE check_violation USING
      MESSAGE = 'a signal is for the symbol of its pattern, and comes no earlier than the pattern was known',
      SCHEMA = 'wyckoff', TABLE = 'signals', CONSTRAINT = 'chk_signals_pattern';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION wyckoff.check_signal_pattern() IS 'What a check would say if it could look at the pattern.';
CREATE TRIGGER check_pattern BEFORE INSERT OR UPDATE OF pattern_id, generated_at, symbol ON wyckoff.signals
  FOR EACH ROW WHEN (NEW.pattern_id IS NOT NULL) EXECUTE FUNCTION wyckoff.check_signal_pattern();

CREATE FUNCTION wyckoff.check_signal_status() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF (OLD.status, NEW.status) NOT IN (
    ('PENDING', 'APPROVED'), ('PENDING', 'REJECTED'), ('PENDING', 'EXPIRED'), ('PENDING', 'CANCELLED'),
    ('APPROVED', 'FILLED'), ('APPROVED', 'EXPIRED'), ('APPROVED', 'CANCELLED'),
    ('FILLED', 'STOPPED'), ('FILLED', 'TARGET_HIT')) THEN
    RAISE check_violation USING
      MESSAGE = format('a signal that is %s cannot become %s', OLD.status, NEW.status),
      SCHEMA = 'wyckoff', TABLE = 'signals', CONSTRAINT = 'chk_signals_status_change';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION wyckoff.check_signal_status() IS 'The ways a signal may go; Signal.MayBecome says the same.';
CREATE TRIGGER check_status BEFORE UPDATE OF status ON wyckoff.signals FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION wyckoff.check_signal_status();

-- As the owner, so that nobody needs the right to write the log, and nobody has it. session_user is still who logged in.
CREATE FUNCTION wyckoff.log_signal_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO wyckoff.signal_status_log (signal_id, previous_state, new_state, transition_reason, actor)
  VALUES (NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status, nullif(current_setting('app.transition_reason', true), ''),
    left(coalesce(nullif(current_setting('app.actor', true), ''), session_user), 255));
  RETURN NULL;
END $$;
COMMENT ON FUNCTION wyckoff.log_signal_status() IS 'Writes signal_status_log.';
REVOKE EXECUTE ON FUNCTION wyckoff.log_signal_status() FROM PUBLIC;
CREATE TRIGGER log_new_status AFTER INSERT ON wyckoff.signals FOR EACH ROW EXECUTE FUNCTION wyckoff.log_signal_status();
CREATE TRIGGER log_status AFTER UPDATE OF status ON wyckoff.signals FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION wyckoff.log_signal_status();

-- The campaigns are locked first, in the order of their ids, so that two writers neither overlook each other's positions nor wait for each other in a circle. Their rows do
-- not change, so no version is counted up. A foreign key's own lock does not get in the way of this one.
CREATE FUNCTION wyckoff.check_allocation(campaign_ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  full_one record;
BEGIN
  PERFORM FROM wyckoff.campaigns c WHERE c.id = ANY (campaign_ids) ORDER BY c.id FOR NO KEY UPDATE;
  SELECT c.campaign_id, c.total_allocation, sum(p.allocation_percent) AS taken INTO full_one
    FROM wyckoff.campaigns c JOIN wyckoff.positions p ON p.campaign_id = c.id AND p.status = 'OPEN'
   WHERE c.id = ANY (campaign_ids)
   GROUP BY c.id HAVING sum(p.allocation_percent) > c.total_allocation LIMIT 1;
  IF FOUND THEN
    RAISE check_violation USING
      MESSAGE = format('campaign %s may take %s %% of the portfolio; its open positions would take %s %%', full_one.campaign_id, full_one.total_allocation, full_one.taken),
      SCHEMA = 'wyckoff', TABLE = 'positions', CONSTRAINT = 'chk_positions_campaign_allocation';
  END IF;
END $$;
COMMENT ON FUNCTION wyckoff.check_allocation(uuid[]) IS 'Raises when the open positions of one of these campaigns take more than its total_allocation, which is 5 % at most.';

CREATE FUNCTION wyckoff.check_allocation_of_positions() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM wyckoff.check_allocation((SELECT array_agg(DISTINCT campaign_id) FROM changed WHERE status = 'OPEN'));
  RETURN NULL;
END $$;
CREATE TRIGGER check_allocation_insert AFTER INSERT ON wyckoff.positions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION wyckoff.check_allocation_of_positions();
CREATE TRIGGER check_allocation_update AFTER UPDATE ON wyckoff.positions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION wyckoff.check_allocation_of_positions();

CREATE FUNCTION wyckoff.check_allocation_of_campaigns() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM wyckoff.check_allocation((SELECT array_agg(n.id) FROM changed n JOIN before o USING (id) WHERE n.total_allocation < o.total_allocation));
  RETURN NULL;
END $$;
CREATE TRIGGER check_allocation_update AFTER UPDATE ON wyckoff.campaigns REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION wyckoff.check_allocation_of_campaigns();

-- Source 1 names these tables in two ways.
CREATE VIEW wyckoff.detected_patterns WITH (security_invoker = true) AS SELECT * FROM wyckoff.patterns;
COMMENT ON VIEW wyckoff.detected_patterns IS 'patterns, under the long name of the source document.';
CREATE VIEW wyckoff.trade_signals WITH (security_invoker = true) AS SELECT * FROM wyckoff.signals;
COMMENT ON VIEW wyckoff.trade_signals IS 'signals, under the long name of the source document.';

GRANT USAGE ON SCHEMA wyckoff TO wyckoff_app, wyckoff_worker, wyckoff_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA wyckoff TO wyckoff_app, wyckoff_worker, wyckoff_reader;
GRANT INSERT, UPDATE, DELETE ON wyckoff.trading_ranges, wyckoff.patterns, wyckoff.signals, wyckoff.campaigns, wyckoff.positions, wyckoff.allocation_plans, wyckoff.exit_rules,
  wyckoff.exit_orders, wyckoff.campaign_metrics, wyckoff.watchlist, wyckoff.backtest_results, wyckoff.detected_patterns, wyckoff.trade_signals TO wyckoff_app, wyckoff_worker;
