using System.ComponentModel.DataAnnotations;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.Pipeline;

/// <summary>Limits of the API, and the clients and hosts that it accepts: section <c>Wyckoff:Api</c>.</summary>
public sealed class ApiOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Api";

    /// <summary>Names and addresses of the service, beside localhost and loopback addresses; without a port.</summary>
    public string[] Hosts { get; set; } = [];

    /// <summary>Whether market data can be read without a key.</summary>
    public bool OpenMarketData { get; set; }

    /// <summary>The largest body of a request in bytes. Imports have a limit of their own.</summary>
    [Range(1L << 10, 1L << 30, ErrorMessage = "Wyckoff:Api:MaxBody is a number of bytes from 1024 to 1073741824.")]
    public long MaxBody { get; set; } = 1L << 20;

    /// <summary>The time limit for the headers of a request to arrive.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "Wyckoff:Api:HeadersWithin is a time span from 00:00:01 to 00:10:00.")]
    public TimeSpan HeadersWithin { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The time limit for a response up to its last byte, except for streams, imports and syncs. The default allows all bars of a symbol
    /// over a slow connection.
    /// </summary>
    [Range(
        typeof(TimeSpan),
        "00:00:01",
        "1.00:00:00",
        ErrorMessage = "Wyckoff:Api:AnswerWithin is a time span from 00:00:01 to 1.00:00:00."
    )]
    public TimeSpan AnswerWithin { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Addresses and networks (10.0.0.0/8) of proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted.</summary>
    public string[] Proxies { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        [.. HostNames.Check(Section, nameof(Hosts), Hosts), .. ProxyNetworks.Check(Section, nameof(Proxies), Proxies)];
}
