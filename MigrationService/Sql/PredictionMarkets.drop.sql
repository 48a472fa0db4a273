DROP SCHEMA prediction;
