CREATE FUNCTION wyckoff.check_signal_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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
COMMENT ON FUNCTION wyckoff.check_signal_status() IS
  'Trigger: the allowed changes of a signal''s status. Signal.MayBecome in C# has the same list.';
