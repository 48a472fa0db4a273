-- Compressed already: compressing again only costs time.
ALTER TABLE market.sync_payloads ALTER COLUMN payload SET STORAGE EXTERNAL;
