using System.ComponentModel.DataAnnotations;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Web.Hosting;

/// <summary>The names of the web page and the proxies in front of it: section <c>Wyckoff:Web</c>.</summary>
public sealed class WebOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Web";

    /// <summary>Names and addresses of the web page, beside localhost and loopback addresses; without a port.</summary>
    public string[] Hosts { get; set; } = [];

    /// <summary>Addresses and networks (10.0.0.0/8) of proxies whose X-Forwarded headers are trusted and passed on to the API.</summary>
    public string[] Proxies { get; set; } = [];

    /// <summary>The address of the Aspire dashboard, which the system page links; null: none.</summary>
    public string? Dashboard { get; set; }

    /// <summary>A folder that all replicas share, for the keys that protect cookies and forms. Default: the framework's.</summary>
    public string? KeyFolder { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var error in HostNames.Check(Section, nameof(Hosts), Hosts).Concat(ProxyNetworks.Check(Section, nameof(Proxies), Proxies)))
        {
            yield return error;
        }

        if (
            Dashboard is { Length: > 0 }
            && !(Uri.TryCreate(Dashboard, UriKind.Absolute, out var url) && url.Scheme.StartsWith("http", StringComparison.Ordinal))
        )
        {
            yield return new(
                $"{Section}:{nameof(Dashboard)} '{Dashboard}': an address such as http://localhost:15080 is expected.",
                [nameof(Dashboard)]
            );
        }
    }
}
