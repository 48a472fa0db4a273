DROP SCHEMA journal;
