DROP TRIGGER outlast_leases ON market.bar_windows;
DROP TRIGGER outlast_lease ON market.bar_windows;
DROP FUNCTION market.outlast_version_leases(), market.outlast_version_lease(), market.has_version_leases(), market.lease_versions(), market.version_lease();
DELETE FROM market.leases WHERE name = 'versions';
