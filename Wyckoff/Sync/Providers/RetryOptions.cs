using System.ComponentModel.DataAnnotations;
using System.Net.Http.Headers;

namespace Wyckoff.Sync.Providers;

/// <summary>How failed requests are retried.</summary>
public sealed class RetryOptions
{
    /// <summary>The maximum of attempts per request.</summary>
    [Range(1, 100)]
    public int Attempts { get; set; } = 6;

    /// <summary>
    /// The approximate delay after the first failure. It doubles with each failure; jitter keeps clients from retrying at the same time.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>If a provider asks for a longer delay than this, the request fails and the next sync tries again.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The timeout of one attempt, including the body of the answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Returns the delay of a Retry-After header, in seconds or as a date; null without one.</summary>
    public static TimeSpan? DelayOf(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        header switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
            _ => null,
        };
}
