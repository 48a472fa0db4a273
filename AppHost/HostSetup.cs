using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>Aspire's host, set up so that it needs no launch profile and no user secrets.</summary>
internal static class HostSetup
{
    private const int DashboardPort = 15080;

    public static IDistributedApplicationBuilder CreateBuilder(this AppHostOptions options, DataHome home)
    {
        var builder = DistributedApplication.CreateBuilder(
            new DistributedApplicationOptions
            {
                Args = [.. options.ForAspire],
                // Plain HTTP on loopback: nobody needs to trust a certificate first.
                TrustDeveloperCertificate = false,
                DeveloperCertificateDefaultHttpsTerminationEnabled = false,
            }
        );
        if (builder.ExecutionContext.IsPublishMode)
        {
            return builder;
        }

        Default("ASPNETCORE_URLS", Loopback(PortOwner.IsFree(DashboardPort) ? DashboardPort : PortOwner.PickFree()));
        Default("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", Loopback(PortOwner.PickFree()));
        Default("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", Loopback(PortOwner.PickFree()));
        // All of it stays on loopback.
        Default("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true");
        // Which version of Aspire this is made with is a matter of its packages: no start asks the network for a newer one.
        Default("ASPIRE_VERSION_CHECK_DISABLED", "true");
        builder.Services.AddPatienceToHealthChecks();
        // What Aspire logs of itself while all goes well is in the dashboard, too.
        builder.Services.AddLogging(logging =>
            logging
                .AddFilter("Aspire.Hosting", LogLevel.Warning)
                .AddFilter("Aspire.Hosting.Dcp", LogLevel.Error)
                .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
        );
        // Whatever waits for a server that has failed goes on waiting: the server is started again, by itself or by hand.
        builder.Services.Configure<ResourceNotificationServiceOptions>(waits =>
            waits.DefaultWaitBehavior = WaitBehavior.WaitOnResourceUnavailable
        );
        return builder;

        void Default(string name, string value)
        {
            if (string.IsNullOrEmpty(builder.Configuration[name]))
            {
                builder.Configuration[name] = value;
            }
        }
    }

    /// <summary>Restarts, and what the terminal is told.</summary>
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
        // Before Aspire's own services, which return from starting only when every resource has been started.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, StartupConsole>());
        builder.Services.Insert(1, ServiceDescriptor.Singleton<IHostedService, ServiceRestarts>());
    }

    private static string Loopback(int port) => FormattableString.Invariant($"http://localhost:{port}");
}
