DROP SCHEMA wyckoff;
