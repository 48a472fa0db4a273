DROP VIEW wyckoff.detected_patterns, wyckoff.trade_signals;
DROP TRIGGER check_detection_time ON wyckoff.patterns;
DROP TRIGGER check_pattern ON wyckoff.signals;
DROP TRIGGER check_status ON wyckoff.signals;
DROP TRIGGER log_new_status ON wyckoff.signals;
DROP TRIGGER log_status ON wyckoff.signals;
DROP TRIGGER check_allocation_insert ON wyckoff.positions;
DROP TRIGGER check_allocation_update ON wyckoff.positions;
DROP TRIGGER check_allocation_update ON wyckoff.campaigns;
DROP FUNCTION wyckoff.check_detection_time(), wyckoff.check_signal_pattern(), wyckoff.check_signal_status(), wyckoff.log_signal_status(),
  wyckoff.check_allocation_of_positions(), wyckoff.check_allocation_of_campaigns(), wyckoff.check_allocation(uuid[]);
