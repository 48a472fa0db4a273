CREATE VIEW account.my_waitlist WITH (security_barrier = true, security_invoker = false) AS
  SELECT w.*, a.id AS account_id
    FROM account.waitlist w JOIN account.user_accounts a ON a.email = w.email
   WHERE a.id = account.current_id();
COMMENT ON VIEW account.my_waitlist IS 'The request for access that the account in app.account_id was made for.';
GRANT SELECT ON account.my_waitlist TO wyckoff_app, wyckoff_worker;
