using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Wyckoff.ServiceDefaults;

/// <summary>Answers requests only under the names that a service has, so that DNS rebinding fails.</summary>
/// <remarks>
/// An attacker can make the name of a web site resolve to the address of this service. The browser then takes the service for a part of
/// that site, and only the Host header tells. The host filtering of ASP.NET Core answers with a bare 400, cannot name the loopback
/// network and has no exception for probes; only its matcher is used here.
/// </remarks>
public static class HostNames
{
    private const string Localhost = "localhost";
    private const string Wildcard = "*.";

    /// <summary>Refuses requests for other hosts than loopback, localhost, names below it, and the given ones.</summary>
    /// <param name="app">The service.</param>
    /// <param name="hosts">The configured names.</param>
    /// <param name="refuse">Answers a request for the given host, which may be empty.</param>
    public static void UseHostNames(this WebApplication app, IEnumerable<string> hosts, Func<HttpContext, string, Task> refuse)
    {
        List<StringSegment> names = [Localhost, Wildcard + Localhost, .. hosts.Select(host => (StringSegment)Canonical(host))];
        var last = ""; // caches the last valid host, as most requests name the same
        app.Use(
            (context, next) =>
            {
                // The raw header, as HostString would decode Punycode.
                var host = context.Request.Headers.Host.ToString();
                if (host.Length > 0 && (host == Volatile.Read(ref last) || IsKnown(host, names)))
                {
                    Volatile.Write(ref last, host);
                    return next(context);
                }

                return IsProbe(context.Request.Path) ? next(context) : refuse(context, host);
            }
        );
    }

    /// <summary>What is wrong with the entries of a setting that lists host names.</summary>
    public static IEnumerable<ValidationResult> Check(string section, string name, IEnumerable<string> hosts) =>
        hosts
            .Where(host => Canonical(host) is null)
            .Select(host => new ValidationResult(
                $"{section}:{name} '{host}': a host such as wyckoff.example.com, *.example.com or 192.168.1.20 is expected, "
                    + "without scheme, port and path.",
                [name]
            ));

    /// <summary>A configured name in the form of the Host header: in Punycode, IPv6 in brackets. Null if it is not a name.</summary>
    public static string? Canonical(string name)
    {
        var wildcard = name.StartsWith(Wildcard, StringComparison.Ordinal);
        var host = wildcard ? name[Wildcard.Length..] : name;
        switch (Uri.CheckHostName(host))
        {
            case UriHostNameType.Dns:
                return (wildcard ? Wildcard : "") + new HostString(host).ToUriComponent();
            case UriHostNameType.IPv4 or UriHostNameType.IPv6 when !wildcard && IPAddress.TryParse(host, out var address):
                // 0.0.0.0 and :: are no addresses of a host.
                return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? null
                    : address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]"
                    : address.ToString();
            default:
                return null;
        }
    }

    /// <summary>Whether a host is this machine: a loopback address, localhost or a name below it.</summary>
    public static bool IsLoopback(HostString host) =>
        host.Host.Equals(Localhost, StringComparison.OrdinalIgnoreCase)
        || host.Host.EndsWith("." + Localhost, StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Host, out var address) && IPAddress.IsLoopback(address));

    private static bool IsKnown(string host, List<StringSegment> names) =>
        HostString.MatchesAny(host, names)
        || (IPAddress.TryParse(new HostString(host).Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Whether the path is a health endpoint. Platforms probe these under changing addresses; they have no market data.</summary>
    private static bool IsProbe(PathString path) =>
        path.Value is ServiceDefaultsExtensions.HealthPath or ServiceDefaultsExtensions.AlivePath;
}
