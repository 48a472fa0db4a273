using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>Configures Aspire's host so that it needs no launch profile and no user secrets.</summary>
internal static class HostSetup
{
    private const int DashboardPort = 15080;

    public static IDistributedApplicationBuilder CreateBuilder(this AppHostOptions options, DataHome home)
    {
        var builder = DistributedApplication.CreateBuilder(
            new DistributedApplicationOptions
            {
                Args = [.. options.ForAspire],
                // Everything is plain HTTP on loopback, so that no user has to trust a developer certificate.
                TrustDeveloperCertificate = false,
                DeveloperCertificateDefaultHttpsTerminationEnabled = false,
            }
        );
        if (builder.ExecutionContext.IsPublishMode)
        {
            return builder;
        }

        SetDefault("ASPNETCORE_URLS", Loopback(PortOwner.IsFree(DashboardPort) ? DashboardPort : PortOwner.PickFree()));
        SetDefault("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", Loopback(PortOwner.PickFree()));
        SetDefault("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", Loopback(PortOwner.PickFree()));
        SetDefault("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true");
        // The package references fix the Aspire version, so a start needs no network request for a newer one.
        SetDefault("ASPIRE_VERSION_CHECK_DISABLED", "true");
        builder.Services.AddPatienceToHealthChecks();
        // The terminal shows Aspire's own log only from warnings on; the dashboard shows the state of all resources.
        builder.Services.AddLogging(logging =>
            logging
                .AddFilter("Aspire.Hosting", LogLevel.Warning)
                .AddFilter("Aspire.Hosting.Dcp", LogLevel.Error)
                .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
        );
        // A resource keeps waiting for a failed dependency, because the dependency is restarted automatically or by the user.
        builder.Services.Configure<ResourceNotificationServiceOptions>(waits =>
            waits.DefaultWaitBehavior = WaitBehavior.WaitOnResourceUnavailable
        );
        return builder;

        void SetDefault(string name, string value)
        {
            if (string.IsNullOrEmpty(builder.Configuration[name]))
            {
                builder.Configuration[name] = value;
            }
        }
    }

    /// <summary>Adds the services that restart failed processes and report to the terminal.</summary>
    public static void AddConsole(
        this IDistributedApplicationBuilder builder,
        DataHome home,
        AppHostOptions options,
        Database database,
        IResourceBuilder<IResourceWithConnectionString> cache
    )
    {
        builder.Services.AddSingleton(new StartupConsole.System(home, options, database, cache));
        builder.Services.AddSingleton<ConsoleLines>();
        // These services come before Aspire's own, whose StartAsync returns only after all resources have been started.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, StartupConsole>());
        builder.Services.Insert(1, ServiceDescriptor.Singleton<IHostedService, ServiceRestarts>());
    }

    private static string Loopback(int port) => FormattableString.Invariant($"http://localhost:{port}");
}
