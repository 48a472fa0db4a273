namespace Wyckoff.AppHost;

/// <summary>Every container image this system runs, by exact tag. An upgrade is a change here and a look at the release notes.</summary>
public static class Images
{
    /// <summary>The Community edition: compression, continuous aggregates and policies. Tags that end in <c>-oss</c> are the Apache edition.</summary>
    public const string Timescale = "timescale/timescaledb";

    /// <summary>
    /// TimescaleDB version, then PostgreSQL's. Aspire reads the leading number as PostgreSQL's version when it chooses where the volume
    /// is mounted; at <c>-pg18</c> and above that guess would be wrong and the mount must be given by hand.
    /// </summary>
    public const string TimescaleTag = "2.28.2-pg17";

    /// <summary>Tag of <c>library/redis</c>.</summary>
    public const string RedisTag = "8.2.3";

    /// <summary>Tag of <c>dpage/pgadmin4</c>.</summary>
    public const string PgAdminTag = "9.15.0";
}
