DROP FUNCTION account.current_id();
DROP SCHEMA account;
