using Microsoft.AspNetCore.Mvc;
using Wyckoff.Web.Access;
using Yarp.ReverseProxy.Forwarder;

namespace Wyckoff.Web.Forwarding;

/// <summary>
/// Forwards the API's paths, so that page scripts and sign-in use one origin. Requests and answers pass as they come: nothing is buffered,
/// limited or added, but for the key of a caller who signed in with one.
/// </summary>
internal static class ApiForwarding
{
    /// <summary>The API, as service discovery knows it.</summary>
    public const string ApiAddress = "http://api";

    private static readonly PathString[] Paths = ["/v1", "/docs", "/problems", "/openapi"];

    public static bool IsForwarded(PathString path) =>
        Array.Exists(Paths, known => path.StartsWithSegments(known, StringComparison.OrdinalIgnoreCase));

    public static void AddForwarding(this WebApplicationBuilder builder)
    {
        builder.Services.AddServiceDiscovery();
        builder.Services.AddHttpForwarderWithServiceDiscovery();
        builder.Services.AddSingleton<CallerTransformer>();
    }

    public static void MapForwarding(this WebApplication app)
    {
        var transformer = app.Services.GetRequiredService<CallerTransformer>();
        // The API has the limits: a sync or an import may work for minutes before its first byte.
        var request = new ForwarderRequestConfig { ActivityTimeout = Timeout.InfiniteTimeSpan };
        foreach (var path in Paths)
        {
            app.MapForwarder($"{path}/{{**rest}}", ApiAddress, request, transformer)
                .WithMetadata(new DisableRequestSizeLimitAttribute())
                .AllowAnonymous(); // the API decides
        }
    }

    /// <summary>
    /// Keeps the host that the browser asked for, which the API checks and needs for redirects, and adds the caller's key.
    /// </summary>
    private sealed class CallerTransformer(KeyCookie keys) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext,
            HttpRequestMessage proxyRequest,
            string destinationPrefix,
            CancellationToken cancellationToken
        )
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = httpContext.Request.Host.Value;
            if (proxyRequest.Headers.Authorization is null && keys.Read(httpContext) is { } key)
            {
                proxyRequest.Headers.Authorization = new("Bearer", key);
            }
        }
    }
}
