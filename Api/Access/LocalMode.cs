using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.Api.Errors;
using Wyckoff.Api.Pipeline;

namespace Wyckoff.Api.Access;

/// <summary>
/// Keeps local mode, in which nobody signs in, on this machine: the service refuses to listen on other addresses than loopback, and
/// refuses requests that came through a proxy or a tunnel in front of it.
/// </summary>
public static class LocalMode
{
    /// <summary>Headers that say that a proxy passed the request on, also after ASP.NET Core has read them.</summary>
    private static readonly string[] Prefixes = ["X-Forwarded-", "X-Original-", "CF-"];

    private static readonly string[] Names = ["Forwarded", "Via", "X-Real-IP"];

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<IConnectionListenerFactory, LoopbackOnly>();
        services
            .AddOptions<ApiOptions>()
            .Validate<IOptions<AccessOptions>>(
                (api, access) => !access.Value.IsLocal || (api.Hosts.Length == 0 && api.Proxies.Length == 0),
                $"{ApiOptions.Section}:{nameof(ApiOptions.Hosts)} and {nameof(ApiOptions.Proxies)} need "
                    + $"{AccessModes.Key}={AccessModes.Keys}: with {AccessModes.Local} the service is for this machine only."
            );
        services
            .AddOptions<CorsOptions>()
            .Validate<IOptions<AccessOptions>>(
                (cors, access) => !access.Value.IsLocal || !cors.Origins.Contains(CorsOptions.Any, StringComparer.Ordinal),
                $"{CorsOptions.Section}:{nameof(CorsOptions.Origins)} * needs {AccessModes.Key}={AccessModes.Keys}: "
                    + $"with {AccessModes.Local} every web site could read everything. Name the origins."
            );
    }

    public static void UseLocalRule(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<AccessOptions>>().Value.IsLocal)
        {
            app.Use(
                (context, next) =>
                    FindForwarded(context.Request.Headers) is { } header
                        ? Problems
                            .Of(
                                Problems.ForwardedRequest,
                                $"The request has the header {header}, so a proxy passed it on. {Problems.ForwardedRequest.Meaning}"
                            )
                            .ExecuteAsync(context)
                        : next(context)
            );
        }
    }

    private static string? FindForwarded(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (
                Names.Contains(name, StringComparer.OrdinalIgnoreCase)
                || Array.Exists(Prefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            )
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>In local mode, takes the place of Kestrel's transport for everything but loopback, and refuses to bind to it.</summary>
    private sealed class LoopbackOnly(IOptions<AccessOptions> access) : IConnectionListenerFactory, IConnectionListenerFactorySelector
    {
        public bool CanBind(EndPoint endpoint) => access.Value.IsLocal && !(endpoint is IPEndPoint ip && IPAddress.IsLoopback(ip.Address));

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            throw new RefusalException(
                $"{AccessModes.Key}={AccessModes.Local} needs no key, so the service does not listen on {endpoint}: "
                    + $"listen on a loopback address such as http://localhost:5080, or set {AccessModes.Key}={AccessModes.Keys}."
            );
    }
}
