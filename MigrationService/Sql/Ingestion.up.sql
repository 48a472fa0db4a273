GRANT SELECT, INSERT, UPDATE, DELETE ON market.feeds, market.leases, market.indicator_windows TO wyckoff_app, wyckoff_worker;
GRANT SELECT ON market.feeds, market.leases, market.indicator_windows TO wyckoff_reader;
