CREATE CONSTRAINT TRIGGER outlast_lease AFTER UPDATE OF version ON market.bar_windows DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION market.outlast_version_lease();
CREATE TRIGGER outlast_leases AFTER DELETE ON market.bar_windows REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION market.outlast_version_leases();
