-- SECURITY DEFINER, so that no role needs the right to write the log. session_user is still the role that logged in.
CREATE FUNCTION wyckoff.log_signal_status() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO wyckoff.signal_status_log (signal_id, previous_state, new_state, transition_reason, actor)
  VALUES (NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status, nullif(current_setting('app.transition_reason', true), ''),
    left(coalesce(nullif(current_setting('app.actor', true), ''), session_user), 255));
  RETURN NULL;
END $$;
COMMENT ON FUNCTION wyckoff.log_signal_status() IS 'Trigger: writes signal_status_log.';
REVOKE EXECUTE ON FUNCTION wyckoff.log_signal_status() FROM PUBLIC;
