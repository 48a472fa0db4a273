using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Wyckoff.ServiceDefaults;

/// <summary>
/// Configures what all services share: logs with trace ids, telemetry over OTLP, health endpoints, problem details and shutdown. It
/// contains no domain code.
/// </summary>
public static class ServiceDefaultsExtensions
{
    public const string HealthPath = "/health";
    public const string AlivePath = "/alive";

    private const string OurTelemetry = "Wyckoff.*";
    private const string NpgsqlMeter = "Npgsql";

    // At level Information, ASP.NET Core logs about ten lines per request and per health probe.
    private static readonly Dictionary<string, string?> QuietByDefault = new(StringComparer.Ordinal)
    {
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
        // The framework logs every probe; HealthLog logs changes.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "Critical",
        ["Logging:LogLevel:Npgsql"] = "Warning",
        // The warning that the keys are stored unencrypted would appear at each start; the docs explain it.
        ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error",
    };

    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        // The first source has the lowest precedence, so appsettings and environment variables override these defaults.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = QuietByDefault });
        builder.Logging.Configure(logging =>
            logging.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId
        );
        builder
            .Logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName)
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        builder.AddTelemetry();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks();
        builder.Services.AddSingleton<HealthLog>();
        builder.Services.AddProblemDetails(problem =>
            problem.CustomizeProblemDetails = context =>
                context.ProblemDetails.Extensions["traceId"] =
                    Activity.Current?.TraceId.ToHexString() ?? context.HttpContext.TraceIdentifier
        );
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.Configure<ExceptionHandlerOptions>(handler =>
            handler.StatusCodeSelector = e => e is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError
        );
        // Container engines kill a process ten seconds after asking it to stop.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(8));
        return builder;
    }

    /// <summary>Maps <c>/health</c>, which checks all dependencies, and <c>/alive</c>, which only shows that the process answers.</summary>
    public static WebApplication MapHealth(this WebApplication app)
    {
        app.MapHealthChecks(HealthPath, new HealthCheckOptions { ResponseWriter = HealthReportWriter.WriteAsync })
            .AllowAnonymous()
            .DisableHttpMetrics()
            .DisableRateLimiting();
        app.MapHealthChecks(AlivePath, new HealthCheckOptions { Predicate = _ => false, ResponseWriter = HealthReportWriter.WriteAsync })
            .AllowAnonymous()
            .DisableHttpMetrics()
            .DisableRateLimiting();
        return app;
    }

    private static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        builder.Logging.AddOpenTelemetry(logs => (logs.IncludeFormattedMessage, logs.IncludeScopes) = (true, true));
        builder
            .Services.AddOpenTelemetry()
            // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override the application name.
            .ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName).AddEnvironmentVariableDetector())
            .WithTracing(tracing =>
                tracing
                    .AddSource(OurTelemetry)
                    .AddAspNetCoreInstrumentation(http => http.Filter = context => !IsProbe(context.Request.Path))
                    .AddHttpClientInstrumentation()
                    .AddNpgsql()
            )
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(OurTelemetry, NpgsqlMeter)
                    .AddAspNetCoreInstrumentation()
                    .AddHttpClientInstrumentation()
                    .AddRuntimeInstrumentation()
            )
            .UseOtlpExporter();
        builder.Services.AddHostedService<TelemetryLifetime>();
    }

    /// <summary>True for health probes, which are not traced: they come every few seconds.</summary>
    private static bool IsProbe(PathString path) =>
        path.StartsWithSegments(HealthPath, StringComparison.Ordinal) || path.StartsWithSegments(AlivePath, StringComparison.Ordinal);

    /// <summary>
    /// Flushes the telemetry providers in parallel at shutdown, for at most two seconds. Disposing them would flush them one after the
    /// other and wait five seconds each for an unreachable collector, longer than the shutdown may take.
    /// </summary>
    private sealed class TelemetryLifetime(TracerProvider tracer, MeterProvider meter, LoggerProvider logs) : IHostedService
    {
        private const int TimeoutMilliseconds = 2000;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) =>
            Task.WhenAll(
                RunOnOwnThread(() => tracer.Shutdown(TimeoutMilliseconds)),
                RunOnOwnThread(() => meter.Shutdown(TimeoutMilliseconds)),
                RunOnOwnThread(() => logs.Shutdown(TimeoutMilliseconds))
            );

        // Shutdown blocks its thread until a pool thread has processed the collector's response. On a machine with two cores, three
        // blocked pool threads would starve the pool.
        private static Task RunOnOwnThread(Action shutDown) =>
            Task.Factory.StartNew(shutDown, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
