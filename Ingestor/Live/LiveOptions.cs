using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Ingestor.Live;

/// <summary>
/// Options of live streams: section <c>Wyckoff:Live</c>. The key, the secret and the data feed are options of the provider.
/// </summary>
internal sealed class LiveOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Live";

    /// <summary>The address of the stream; by default that of the provider's data feed.</summary>
    public Uri? Url { get; set; }

    /// <summary>The symbols whose minute bars are built here from trades.</summary>
    public string[] FromTrades { get; set; } = [];

    /// <summary>How often <c>market.feeds</c> is read.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage = "Wyckoff:Live:Poll is a time span from 00:00:01 to 01:00:00.")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The health check reports Degraded if the stream is not connected for longer than this.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00", ErrorMessage = "Wyckoff:Live:Alarm is a time span from 00:00:10 to 1.00:00:00.")]
    public TimeSpan Alarm { get; set; } = TimeSpan.FromMinutes(2);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // The secret is sent over this connection, so it must be encrypted.
        if (
            Url is not null
            && (!Url.IsAbsoluteUri || (Url.Scheme != Uri.UriSchemeWss && !(Url.Scheme == Uri.UriSchemeWs && Url.IsLoopback)))
        )
        {
            yield return new($"{Section}:Url '{Url}': an address with wss:// was expected (ws:// on this machine only).", [nameof(Url)]);
        }
    }
}
