namespace Wyckoff.AppHost;

/// <summary>Every container image this system runs, by exact tag. An upgrade is a change here and a look at the release notes.</summary>
public static class Images
{
    /// <summary>The Community edition; tags that end in <c>-oss</c> are the Apache edition.</summary>
    public const string Timescale = "timescale/timescaledb";

    /// <summary>TimescaleDB's version, then PostgreSQL's.</summary>
    public const string TimescaleTag = "2.28.2-pg17";

    /// <summary>Where the image of this tag keeps its data; at <c>-pg18</c> and above that is <c>/var/lib/postgresql</c>.</summary>
    public const string TimescaleData = "/var/lib/postgresql/data";

    /// <summary>Tag of <c>library/redis</c>.</summary>
    public const string RedisTag = "8.2.3";
}
