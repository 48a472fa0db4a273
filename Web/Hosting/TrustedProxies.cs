using System.Net;
using Microsoft.Extensions.Options;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Web.Hosting;

/// <summary>
/// Takes the scheme from proxies in front of the web page that are trusted, and removes X-Forwarded headers of all others, so that the API
/// can trust what the web page passes on.
/// </summary>
internal static class TrustedProxies
{
    private const string Proto = "X-Forwarded-Proto";
    private static readonly string[] Headers = ["X-Forwarded-For", Proto, "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded"];

    public static void UseTrustedProxies(this WebApplication app)
    {
        var proxies = ProxyNetworks.Of(app.Services.GetRequiredService<IOptions<WebOptions>>().Value.Proxies);
        app.Use(
            (context, next) =>
            {
                var request = context.Request;
                if (IsTrusted(context.Connection.RemoteIpAddress, proxies))
                {
                    if (request.Headers[Proto].ToString().Split(',')[^1].Trim() is ("https" or "http") and var scheme)
                    {
                        request.Scheme = scheme;
                    }
                }
                else
                {
                    foreach (var header in Headers)
                    {
                        request.Headers.Remove(header);
                    }
                }

                return next(context);
            }
        );
    }

    private static bool IsTrusted(IPAddress? address, IPNetwork[] proxies)
    {
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && Array.Exists(proxies, proxy => proxy.Contains(plain));
    }
}
