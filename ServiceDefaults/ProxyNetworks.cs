using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Wyckoff.ServiceDefaults;

/// <summary>Reads the setting that lists the proxies in front of a service: addresses and networks such as 10.0.0.0/8.</summary>
public static class ProxyNetworks
{
    /// <summary>The networks of a valid setting.</summary>
    public static IPNetwork[] Of(IEnumerable<string> proxies) => [.. proxies.Select(proxy => Parse(proxy)!.Value)];

    /// <summary>What is wrong with the entries of a setting.</summary>
    public static IEnumerable<ValidationResult> Check(string section, string name, IEnumerable<string> proxies) =>
        proxies
            .Where(proxy => Parse(proxy) is null)
            .Select(proxy => new ValidationResult(
                $"{section}:{name} '{proxy}': an address or a network such as 10.1.2.3, 10.0.0.0/8 or fd00::/8 is expected.",
                [name]
            ));

    private static IPNetwork? Parse(string proxy) =>
        IPAddress.TryParse(proxy, out var address) ? new(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(proxy, out var network) ? network
        : null;
}
