using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Api.Pipeline;

/// <summary>
/// The rate limit of each client: section <c>Wyckoff:Api:RateLimit</c>. The defaults are far above the needs of a chart or a notebook, and
/// low enough that one client cannot block the others.
/// </summary>
public sealed class RateLimitOptions
{
    public const string Section = "Wyckoff:Api:RateLimit";

    public bool Enabled { get; set; } = true;

    /// <summary>The sustained rate of a client, in requests per second.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Wyckoff:Api:RateLimit:PerSecond is a number from 1 to 1000000.")]
    public int PerSecond { get; set; } = 1_000;

    /// <summary>The number of requests that a client may send at once after a pause.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Wyckoff:Api:RateLimit:Burst is a number from 1 to 1000000.")]
    public int Burst { get; set; } = 2_000;
}
