-- Triggers and policies go with their tables; what the policies call goes after them, with the schema.
DROP FUNCTION account.sign_in(text, text, text, text);
DROP FUNCTION account.authenticate(bytea);
DROP FUNCTION account.join_waitlist(text, text, text);
