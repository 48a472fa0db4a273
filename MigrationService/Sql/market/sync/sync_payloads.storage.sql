-- Payloads are compressed already, so PostgreSQL need not try to compress them.
ALTER TABLE market.sync_payloads ALTER COLUMN payload SET STORAGE EXTERNAL;
