using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Api.Pipeline;

/// <summary>How often one client may ask: section <c>Wyckoff:Api:RateLimit</c>. Far more than a chart or a notebook asks, and less than what keeps others from being served.</summary>
public sealed class RateLimitOptions
{
    public const string Section = "Wyckoff:Api:RateLimit";

    public bool Enabled { get; set; } = true;

    /// <summary>Requests a second that one client may make for as long as it likes.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Wyckoff:Api:RateLimit:PerSecond is a number from 1 to 1000000.")]
    public int PerSecond { get; set; } = 1_000;

    /// <summary>Requests it may make at once after a pause.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Wyckoff:Api:RateLimit:Burst is a number from 1 to 1000000.")]
    public int Burst { get; set; } = 2_000;
}
