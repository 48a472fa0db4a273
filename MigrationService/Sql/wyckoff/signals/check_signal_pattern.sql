CREATE FUNCTION wyckoff.check_signal_pattern() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF EXISTS (
    SELECT FROM wyckoff.patterns p
     WHERE p.id = NEW.pattern_id AND (p.detection_time > NEW.generated_at OR p.symbol <> NEW.symbol)) THEN
    RAISE check_violation USING
      MESSAGE = 'a signal is for the symbol of its pattern, and comes no earlier than the pattern was known',
      SCHEMA = 'wyckoff', TABLE = 'signals', CONSTRAINT = 'chk_signals_pattern';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION wyckoff.check_signal_pattern() IS
  'Trigger: the rule for a signal and its pattern, which a CHECK cannot express because it cannot read another table.';
