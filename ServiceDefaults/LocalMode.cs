using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Wyckoff.ServiceDefaults;

/// <summary>
/// Keeps local mode, in which nobody signs in, on this machine: the service refuses to listen on other addresses than loopback, and
/// refuses requests that came through a proxy or a tunnel in front of it.
/// </summary>
public static class LocalMode
{
    /// <summary>Headers that say that a proxy passed the request on, also after ASP.NET Core has read them.</summary>
    private static readonly string[] Prefixes = ["X-Forwarded-", "X-Original-", "CF-"];

    private static readonly string[] Names = ["Forwarded", "Via", "X-Real-IP"];

    /// <summary>Reads <c>Wyckoff:Access</c>, and keeps the service on loopback in local mode.</summary>
    public static void AddAccessMode(this IServiceCollection services)
    {
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IConnectionListenerFactory, LoopbackOnly>();
    }

    /// <summary>Refuses forwarded requests in local mode.</summary>
    /// <param name="app">The service.</param>
    /// <param name="refuse">Answers a request that has the named header.</param>
    public static void UseLocalMode(this WebApplication app, Func<HttpContext, string, Task> refuse)
    {
        if (app.Services.GetRequiredService<IOptions<AccessOptions>>().Value.IsLocal)
        {
            app.Use((context, next) => FindForwarded(context.Request.Headers) is { } header ? refuse(context, header) : next(context));
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
            throw new OptionsValidationException(
                nameof(AccessOptions.Access),
                typeof(AccessOptions),
                [
                    $"{AccessModes.Key}={AccessModes.Local} needs no key, so the service does not listen on {endpoint}: "
                        + $"listen on a loopback address such as http://localhost:5080, or set {AccessModes.Key}={AccessModes.Keys}.",
                ]
            );
    }
}
