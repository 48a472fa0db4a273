using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Sync;

public static class SyncHostExtensions
{
    /// <summary>The providers that are configured, and what fetches from them.</summary>
    public static TBuilder AddSync<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        var services = builder.Services;
        services.AddOptions<SyncOptions>().BindConfiguration(SyncOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services
            .AddOptions<AlpacaOptions>()
            .BindConfiguration(AlpacaOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart()
            .Validate(
                alpaca => string.IsNullOrWhiteSpace(alpaca.KeyId) == string.IsNullOrWhiteSpace(alpaca.SecretKey),
                $"{AlpacaOptions.Section}: KeyId and SecretKey belong together; one of them is missing."
            );
        services.AddOptions<CsvOptions>().BindConfiguration(CsvOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        // Retries, limits and timeouts are the providers' own.
        services
            .AddHttpClient(nameof(BarProviders), client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                    AutomaticDecompression = DecompressionMethods.All,
                }
            )
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        if (!string.IsNullOrWhiteSpace(builder.Configuration[AlpacaOptions.Section + ":KeyId"]))
        {
            services.AddSingleton<IBarProvider>(s => Alpaca(s, s.GetRequiredService<IOptions<AlpacaOptions>>().Value));
        }

        if (!string.IsNullOrWhiteSpace(builder.Configuration[CsvOptions.Section + ":Url"]))
        {
            services.AddSingleton<IBarProvider>(s => Csv(s, s.GetRequiredService<IOptions<CsvOptions>>().Value));
        }

        services.AddSingleton<BarProviders>();
        services.AddSingleton(s => new LeaseStore(
            s.GetRequiredService<NpgsqlDataSource>(),
            LeaseStore.NewHolder(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<LeaseStore>>()
        ));
        services.AddSingleton<FeedStore>();
        services.AddSingleton<SyncService>();
        return builder;
    }

    private static AlpacaProvider Alpaca(IServiceProvider services, AlpacaOptions options)
    {
        var time = services.GetRequiredService<TimeProvider>();
        return new(
            options,
            Client(services),
            new(options.RequestsPerMinute, TimeSpan.FromMinutes(1), time),
            time,
            Jitter(),
            services.GetRequiredService<ILogger<AlpacaProvider>>()
        );
    }

    private static CsvProvider Csv(IServiceProvider services, CsvOptions options)
    {
        var time = services.GetRequiredService<TimeProvider>();
        return new(
            options,
            Client(services),
            new(options.RequestsPerMinute, TimeSpan.FromMinutes(1), time),
            time,
            Jitter(),
            services.GetRequiredService<ILogger<CsvProvider>>()
        );
    }

    private static HttpClient Client(IServiceProvider services) =>
        services.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(BarProviders));

    // Of its own for each process, or replicas would come back together after all.
    private static Random Jitter() => new(HashCode.Combine(Environment.ProcessId, Environment.MachineName, Environment.TickCount64));
}
