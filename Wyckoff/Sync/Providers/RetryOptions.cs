using System.ComponentModel.DataAnnotations;
using System.Net.Http.Headers;

namespace Wyckoff.Sync.Providers;

/// <summary>How a request that fails is repeated.</summary>
public sealed class RetryOptions
{
    /// <summary>How often a request is sent at most.</summary>
    [Range(1, 100)]
    public int Attempts { get; set; } = 6;

    /// <summary>The wait after the first failure, about; it doubles with each, and is spread, so that many who failed together do not come back together.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A provider that asks for more patience than this is left alone until the next sync.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>For one request, answer included.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>What a Retry-After asks for, in seconds or as a date; null when it asks for nothing.</summary>
    public static TimeSpan? Asked(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        header switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
            _ => null,
        };
}
