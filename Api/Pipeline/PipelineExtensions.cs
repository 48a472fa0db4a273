using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.Pipeline;

/// <summary>Adds the middleware that all endpoints share.</summary>
public static class PipelineExtensions
{
    private const int MaxRequestLine = 16 << 10; // a batch of 500 long symbols
    private const int MaxHeaders = 32 << 10;

    private const string HostsKey = $"{ApiOptions.Section}:{nameof(ApiOptions.Hosts)}";
    private const string ProxiesKey = $"{ApiOptions.Section}:{nameof(ApiOptions.Proxies)}";

    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromMinutes(10);

    // The headers that pages of other origins may read.
    private static readonly string[] ExposedHeaders =
    [
        AnswerHeaders.RequestId,
        HeaderNames.ETag,
        HeaderNames.LastModified,
        HeaderNames.Location,
        HeaderNames.RetryAfter,
        HeaderNames.Link,
        HeaderNames.ContentDisposition,
        Bars.BarAnswers.VersionHeader,
    ];

    public static WebApplicationBuilder AddPipeline(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services
            .AddOptions<ApiOptions>()
            .BindConfiguration(ApiOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart()
            // The binder ignores a single value in place of a list, and requests for that host would be refused.
            .Validate<IConfiguration>(
                (_, configuration) => string.IsNullOrEmpty(configuration[HostsKey]),
                $"{HostsKey} is a list: its first host is {HostsKey}:0 (Wyckoff__Api__Hosts__0 in the environment)."
            )
            .Validate<IConfiguration>(
                (_, configuration) => string.IsNullOrEmpty(configuration[ProxiesKey]),
                $"{ProxiesKey} is a list: its first proxy is {ProxiesKey}:0 (Wyckoff__Api__Proxies__0 in the environment)."
            );
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ApiOptions>>(TrustProxies);
        services.AddOptions<CorsOptions>().BindConfiguration(CorsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        // Before the framework's own writer, which writes nothing if Accept asks for another type.
        services.Insert(0, ServiceDescriptor.Singleton<IProblemDetailsWriter, ProblemWriter>());
        services.AddExceptionHandler<ExceptionProblems>();
        services.ConfigureHttpJsonOptions(json => AnswerJson.Configure(json.SerializerOptions));
        services.AddCors();
        services.AddRateLimits();
        services.AddRequestTimeouts();
        Compression.Add(services);
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ApiOptions>>(Limit);
        services
            .AddOptions<RequestTimeoutOptions>()
            .Configure<IOptions<ApiOptions>>(
                (timeouts, api) =>
                    timeouts.DefaultPolicy = new()
                    {
                        Timeout = api.Value.AnswerWithin,
                        TimeoutStatusCode = Problems.AnswerTooSlow.Status,
                        WriteTimeoutResponse = context =>
                            Problems.Of(Problems.AnswerTooSlow, Problems.AnswerTooSlow.Meaning).ExecuteAsync(context),
                    }
            );
        return builder;
    }

    /// <summary>Adds the middleware. The order matters: each one sees the responses of those below it.</summary>
    public static WebApplication UsePipeline(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseHead();
        app.UseAnswerHeaders();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseLocalMode(RefuseForwarded);
        var hosts = app.Services.GetRequiredService<IOptions<ApiOptions>>().Value.Hosts;
        app.UseHostNames(hosts, RefuseHost); // before CORS, which answers preflight requests
        app.UseRouting();
        if (app.Services.GetRequiredService<IOptions<CorsOptions>>().Value.Origins is { Length: > 0 } origins)
        {
            app.UseCors(cors => Allow(cors, origins));
        }

        if (app.Services.GetRequiredService<IOptions<RateLimitOptions>>().Value.Enabled)
        {
            app.UseRateLimiter();
        }

        app.UseCrossSiteRule();
        app.UseAccess();
        app.UseRequestTimeouts();
        app.UseResponseCompression();
        app.UseCutOff();
        return app;
    }

    private static Task RefuseForwarded(HttpContext context, string header) =>
        Problems
            .Of(
                Problems.ForwardedRequest,
                $"The request has the header {header}, so a proxy passed it on. {Problems.ForwardedRequest.Meaning}"
            )
            .ExecuteAsync(context);

    private static Task RefuseHost(HttpContext context, string host)
    {
        var found = host.Length > 0 ? $"{Parameters.Quote(host)} is not a name of this service" : "The request names no host";
        return Problems
            .Of(Problems.UnknownHost, $"{found}: localhost, a name below it, a loopback address or one of {HostsKey} is expected.")
            .ExecuteAsync(context);
    }

    /// <summary>Trusts the X-Forwarded headers of the configured proxies. Entries before the first trusted proxy are not trusted.</summary>
    private static void TrustProxies(ForwardedHeadersOptions forwarded, IOptions<ApiOptions> api)
    {
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        forwarded.ForwardLimit = null;
        forwarded.ForwardedHeaders =
            api.Value.Proxies.Length == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        foreach (var network in ProxyNetworks.Of(api.Value.Proxies))
        {
            forwarded.KnownIPNetworks.Add(network);
        }
    }

    private static void Limit(KestrelServerOptions kestrel, IOptions<ApiOptions> api)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = api.Value.MaxBody;
        kestrel.Limits.RequestHeadersTimeout = api.Value.HeadersWithin;
        kestrel.Limits.MaxRequestLineSize = MaxRequestLine;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaders;
        // Kestrel aborts bodies and responses slower than its default of 240 bytes per second.
    }

    /// <summary>Allows the origins, but no credentials: the session cookie is for pages of this service.</summary>
    private static void Allow(CorsPolicyBuilder cors, string[] origins)
    {
        _ = origins is [CorsOptions.Any] ? cors.AllowAnyOrigin() : cors.WithOrigins(origins);
        cors.AllowAnyMethod().AllowAnyHeader().WithExposedHeaders(ExposedHeaders).SetPreflightMaxAge(PreflightMaxAge);
    }
}
