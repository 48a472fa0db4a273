using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Ingestor.Live;

/// <summary>Section <c>Wyckoff:Live</c>. Key, secret and feed are those of the provider.</summary>
internal sealed class LiveOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Live";

    /// <summary>Where the stream is, if it is not where the provider's feed has it.</summary>
    public Uri? Url { get; set; }

    /// <summary>Symbols whose minutes are built here, from trades.</summary>
    public string[] FromTrades { get; set; } = [];

    /// <summary>How often the list of feeds is read again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage = "Wyckoff:Live:Poll is a time span from 00:00:01 to 01:00:00.")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Not connected for longer than this, although it should be, is worth a word in the health report.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00", ErrorMessage = "Wyckoff:Live:Alarm is a time span from 00:00:10 to 1.00:00:00.")]
    public TimeSpan Alarm { get; set; } = TimeSpan.FromMinutes(2);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // The secret goes over this line.
        if (
            Url is not null
            && (!Url.IsAbsoluteUri || (Url.Scheme != Uri.UriSchemeWss && !(Url.Scheme == Uri.UriSchemeWs && Url.IsLoopback)))
        )
        {
            yield return new($"{Section}:Url '{Url}': an address with wss:// was expected (ws:// on this machine only).", [nameof(Url)]);
        }
    }
}
