GRANT USAGE ON SCHEMA journal TO wyckoff_app, wyckoff_worker, wyckoff_console;
GRANT SELECT, INSERT ON journal.trade_fills TO wyckoff_app, wyckoff_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  journal.snaptrade_users, journal.broker_connections, journal.decision_contexts,
  journal.campaign_checks, journal.campaign_fills, journal.journal_entries
  TO wyckoff_app, wyckoff_worker;
