DROP SCHEMA trading;
