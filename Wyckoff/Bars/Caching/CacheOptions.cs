using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Bars.Caching;

/// <summary>Where recent windows are kept: section <c>Wyckoff:Cache</c>.</summary>
public sealed class CacheOptions
{
    public const string Section = "Wyckoff:Cache";

    /// <summary>Keep them in this process.</summary>
    public bool InProcess { get; set; } = true;

    /// <summary>Keep them in Redis, where there is one.</summary>
    public bool Redis { get; set; } = true;

    /// <summary>
    /// For how long answers may use a known version without asking the primary again, counted from before the last question was sent. Zero: ask for each.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MaxVersionAge { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Bytes the process may keep.</summary>
    [Range(1L << 20, 1L << 36)]
    public long InProcessBytes { get; set; } = 64L << 20;

    /// <summary>A Redis that takes longer counts as away for this read.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan RedisPatience { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a Redis that has failed three times in a row is left alone.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RedisRest { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long Redis keeps a window whose newest bar is still open.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan OpenFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long Redis keeps any other.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan ClosedFor { get; set; } = TimeSpan.FromHours(1);
}
