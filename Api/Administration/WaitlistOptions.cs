using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Api.Administration;

/// <summary>How often one client may ask for access: section <c>Wyckoff:Waitlist</c>. In force where the general rate limit is.</summary>
public sealed class WaitlistOptions
{
    public const string Section = "Wyckoff:Waitlist";

    /// <summary>The sustained rate of a client, in requests per hour.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Wyckoff:Waitlist:PerHour is a number from 1 to 1000000.")]
    public int PerHour { get; set; } = 20;

    /// <summary>The number of requests that a client may send at once after a pause.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Wyckoff:Waitlist:Burst is a number from 1 to 1000000.")]
    public int Burst { get; set; } = 5;
}
