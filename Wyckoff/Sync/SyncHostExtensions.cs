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
    /// <summary>Adds the configured providers, the sync service, the feeds and the leases.</summary>
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
        // The providers handle retries, rate limits and timeouts themselves.
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
            services.AddSingleton<IBarProvider>(s =>
            {
                var alpaca = s.GetRequiredService<IOptions<AlpacaOptions>>().Value;
                return Create<AlpacaProvider>(
                    s,
                    alpaca.RequestsPerMinute,
                    (client, limiter, time, random, logger) => new(alpaca, client, limiter, time, random, logger)
                );
            });
        }

        if (!string.IsNullOrWhiteSpace(builder.Configuration[CsvOptions.Section + ":Url"]))
        {
            services.AddSingleton<IBarProvider>(s =>
            {
                var csv = s.GetRequiredService<IOptions<CsvOptions>>().Value;
                return Create<CsvProvider>(
                    s,
                    csv.RequestsPerMinute,
                    (client, limiter, time, random, logger) => new(csv, client, limiter, time, random, logger)
                );
            });
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
        services.AddSingleton<FeedSetup>();
        return builder;
    }

    private static T Create<T>(
        IServiceProvider services,
        int requestsPerMinute,
        Func<HttpClient, RequestLimiter, TimeProvider, Random, ILogger<T>, T> create
    )
    {
        var time = services.GetRequiredService<TimeProvider>();
        return create(
            services.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(BarProviders)),
            new(requestsPerMinute, TimeSpan.FromMinutes(1), time),
            time,
            // Each process has its own seed, so that replicas do not retry at the same time.
            new(HashCode.Combine(Environment.ProcessId, Environment.MachineName, Environment.TickCount64)),
            services.GetRequiredService<ILogger<T>>()
        );
    }
}
