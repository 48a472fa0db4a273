CREATE FUNCTION account.decide_waitlist(entry bigint, decision text, remarks text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  request account.waitlist%ROWTYPE;
BEGIN
  PERFORM account.require_admin();
  SELECT * INTO request FROM account.waitlist w WHERE w.id = entry FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'unknown';
  ELSIF request.status = 'approved' AND decision <> 'approved' THEN
    RETURN 'approved_already'; -- there is an account, which can be deactivated
  END IF;

  UPDATE account.waitlist w SET status = decision, notes = coalesce(remarks, w.notes)
   WHERE w.id = entry AND (w.status <> decision OR w.notes IS DISTINCT FROM coalesce(remarks, w.notes));
  IF decision = 'approved' AND request.status <> 'approved' THEN
    PERFORM account.invite_account(request.email, request.name, false);
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION account.decide_waitlist(bigint, text, text) IS
  'Approves or rejects a request for access for an administrator. Approval makes an account unless the address has one. A rejected request '
  'can still be approved; the same decision again changes nothing but the notes. Returns NULL, or why nothing was changed: unknown or '
  'approved_already.';
REVOKE EXECUTE ON FUNCTION account.decide_waitlist(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account.decide_waitlist(bigint, text, text) TO wyckoff_app;
