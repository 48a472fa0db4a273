namespace Wyckoff.AppHost;

/// <summary>The container images and their exact tags. An upgrade changes only this file; read the release notes first.</summary>
public static class Images
{
    /// <summary>The image of TimescaleDB's Community edition; tags that end in <c>-oss</c> are the Apache edition.</summary>
    public const string Timescale = "timescale/timescaledb";

    /// <summary>The version of TimescaleDB, then the version of PostgreSQL.</summary>
    public const string TimescaleTag = "2.28.2-pg17";

    /// <summary>The data folder in the container. From <c>-pg18</c> on it is <c>/var/lib/postgresql</c>.</summary>
    public const string TimescaleData = "/var/lib/postgresql/data";

    /// <summary>The tag of <c>library/redis</c>.</summary>
    public const string RedisTag = "8.2.3";
}
