using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Bars.Caching;

/// <summary>Options of the cache of recent bars: section <c>Wyckoff:Cache</c>.</summary>
public sealed class CacheOptions
{
    public const string Section = "Wyckoff:Cache";

    /// <summary>Cache in this process.</summary>
    public bool InProcess { get; set; } = true;

    /// <summary>Cache in Redis, if there is one.</summary>
    public bool Redis { get; set; } = true;

    /// <summary>
    /// How long a known version is used without asking the primary again, counted from before the last query was sent. Zero: ask for each
    /// request.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxVersionAge { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Maximum size of the cache in this process, in bytes.</summary>
    [Range(1L << 20, 1L << 36)]
    public long InProcessBytes { get; set; } = 64L << 20;

    /// <summary>Timeout of a Redis command.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan RedisPatience { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long Redis is not used after three failures in a row.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RedisRest { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long Redis keeps recent bars of which the newest is still open.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan OpenFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long Redis keeps all other recent bars.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan ClosedFor { get; set; } = TimeSpan.FromHours(1);
}
