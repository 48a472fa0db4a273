using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;
using OpenTelemetry.Trace;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Own;
using Wyckoff.Auditing;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.RollUp;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Imports.Previews;
using Wyckoff.Imports.Records;
using Wyckoff.Indicators;
using Wyckoff.Journal;
using Wyckoff.Overview;
using Wyckoff.Postgres;
using Wyckoff.Quality;
using Wyckoff.Redis;
using Wyckoff.Telemetry;
using Wyckoff.Tickers;
using Wyckoff.Trading;

namespace Wyckoff;

/// <summary>Registers what all services share: the database, Redis, and the stores on them.</summary>
public static class WyckoffHostExtensions
{
    public const string DatabaseConnection = "wyckoff";
    public const string CacheConnection = "cache";

    /// <summary>
    /// The database (one data source for reads and one for everything else, on which the DbContext is pooled), Redis, and their health
    /// checks. The service starts only once the database has the schema this build was made for.
    /// </summary>
    public static TBuilder AddWyckoff<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder
            .Services.AddOptions<DatabaseOptions>()
            .BindConfiguration(DatabaseOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => new ConnectionPoolFigures(
            builder.Environment.ApplicationName,
            builder.Environment.ApplicationName + DataSources.ReadsSuffix
        ));
        builder.Services.AddSingleton(services => BuildDataSources(services, builder.Environment.ApplicationName));
        builder.Services.AddSingleton(services => services.GetRequiredService<DataSources>().Primary);
        builder.Services.AddDbContextPool<WyckoffDbContext>(
            (services, options) => options.UseWyckoff(services.GetRequiredService<NpgsqlDataSource>())
        );
        builder.Services.AddSingleton<Database>();
        builder.Services.AddOptions<CacheOptions>().BindConfiguration(CacheOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<WindowVersions>();
        builder.Services.AddSingleton<BarReader>();
        builder.Services.AddSingleton<TickerDirectory>();
        builder.Services.AddSingleton<TickerSearch>();
        builder.Services.AddSingleton<TickerStore>();
        builder.Services.AddSingleton<ComputedValuesReader>();
        builder.Services.AddSingleton<OverviewReader>();
        builder.Services.AddSingleton<BarWriter>();
        builder.Services.AddSingleton<BarRecomputer>();
        builder.Services.AddSingleton<IndicatorUpdater>();
        builder.Services.AddSingleton<QualityInspector>();
        builder.Services.AddSingleton<QualityScores>();
        builder.Services.AddSingleton<DatabaseHosts>();
        builder.Services.AddOptions<SpoolOptions>().BindConfiguration(SpoolOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ImportRunner>();
        builder.Services.AddSingleton<ImportUndo>();
        builder.Services.AddSingleton<ImportPreviewer>();
        builder.Services.AddSingleton<ImportQueries>();
        SecretKeys.Add(builder.Services);
        builder.Services.AddSingleton<BrokerSecrets>();
        builder.Services.AddSingleton<AccountDirectory>();
        builder.Services.AddSingleton<AccountAdministration>();
        builder.Services.AddSingleton<AuditTrail>();
        builder.Services.AddOptions<AccountLimits>().BindConfiguration(AccountLimits.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddScoped<OwnAccount>();
        builder.Services.AddSingleton<AccountExport>();
        builder.Services.AddSingleton<AccountDeletion>();
        builder.Services.AddSingleton<TradingStore>();
        builder.Services.AddSingleton<RedisConnection>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RedisConnection>());
        builder.Services.AddSingleton<TickerChanges>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TickerChanges>());
        builder.Services.AddHostedService<SchemaGate>();
        builder.Services.AddSingleton<PostgresHealthCheck>();
        builder
            .Services.AddHealthChecks()
            .AddCheck<PostgresHealthCheck>("postgres", timeout: TimeSpan.FromSeconds(5))
            // Redis only makes reads faster: without it the service is degraded, not down.
            .AddCheck<RedisHealthCheck>("redis", HealthStatus.Degraded, timeout: TimeSpan.FromSeconds(5));
        // Enrich, not Add: Add would open a second connection pool. Retries and health checks are configured elsewhere, and without a
        // collector tracing would have no receiver.
        var isTraced = !string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        builder.EnrichNpgsqlDbContext<WyckoffDbContext>(settings =>
            (settings.DisableHealthChecks, settings.DisableRetry, settings.DisableTracing, settings.DisableMetrics) = (
                true,
                true,
                !isTraced,
                !isTraced
            )
        );
        if (isTraced)
        {
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddRedisInstrumentation());
        }

        return builder;
    }

    /// <summary>
    /// Configures the DbContext on a data source. Code that opens its own transaction must run it through
    /// <c>Database.CreateExecutionStrategy()</c>, so that a retry repeats the whole transaction.
    /// </summary>
    public static DbContextOptionsBuilder UseWyckoff(this DbContextOptionsBuilder options, NpgsqlDataSource source) =>
        options.UseNpgsql(source, Configure);

    /// <summary>Configures the DbContext without a database, for the model and for creating migrations.</summary>
    public static DbContextOptionsBuilder UseWyckoff(this DbContextOptionsBuilder options) => options.UseNpgsql(Configure);

    private static void Configure(NpgsqlDbContextOptionsBuilder npgsql) =>
        npgsql
            .EnableRetryOnFailure()
            .MapTradingEnums()
            .MigrationsAssembly("Wyckoff.MigrationService")
            .MigrationsHistoryTable(SchemaVersion.HistoryTable, SchemaVersion.HistorySchema);

    private static DataSources BuildDataSources(IServiceProvider services, string applicationName)
    {
        var options = services.GetRequiredService<IOptions<DatabaseOptions>>().Value;
        var text = services.GetRequiredService<IConfiguration>().GetConnectionString(DatabaseConnection);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new RefusalException(
                $"No database is named: set ConnectionStrings:{DatabaseConnection} "
                    + $"(as environment variable ConnectionStrings__{DatabaseConnection})."
            );
        }

        // Create the listener before the pool, or it misses the first events of the pool.
        services.GetRequiredService<ConnectionPoolFigures>();
        var source = new NpgsqlDataSourceBuilder(WithDefaults(text, options, applicationName)) { Name = applicationName };
        source.MapTradingEnums();
        // A statement without a parent activity comes from a worker that polls several times a second. Tracing these would hide all
        // other traces.
        source.ConfigureTracing(tracing =>
            tracing
                .ConfigureCommandFilter(_ => Activity.Current is not null)
                .ConfigureBatchFilter(_ => Activity.Current is not null)
                .ConfigureCopyOperationFilter(_ => Activity.Current is not null)
        );
        source.UseLoggerFactory(services.GetService<Microsoft.Extensions.Logging.ILoggerFactory>());
        return new(source);
    }

    /// <summary>Adds our defaults to a connection string for the settings it does not contain.</summary>
    internal static string WithDefaults(string text, DatabaseOptions options, string applicationName)
    {
        NpgsqlConnectionStringBuilder given;
        try
        {
            given = new(text);
        }
        catch (ArgumentException e)
        {
            // The message of the builder may contain the connection string with its password, so it is not passed on.
            throw new RefusalException(
                $"ConnectionStrings:{DatabaseConnection} is not a connection string such as "
                    + $"'Host=…;Port=5432;Database=wyckoff;Username=…;Password=…' ({e.GetType().Name})."
            );
        }

        var keys = given.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        Default("Database", () => given.Database = "wyckoff");
        Default("Minimum Pool Size", () => given.MinPoolSize = Math.Min(options.MinPoolSize, given.MaxPoolSize));
        Default("Maximum Pool Size", () => given.MaxPoolSize = Math.Max(options.MaxPoolSize, given.MinPoolSize));
        Default("Timeout", () => given.Timeout = (int)options.PoolWait.TotalSeconds);
        Default("Keepalive", () => given.KeepAlive = (int)options.KeepAlive.TotalSeconds);
        Default("Connection Lifetime", () => given.ConnectionLifetime = (int)options.ConnectionLifetime.TotalSeconds);
        // With several hosts: how long a host that failed is not tried again.
        Default("Host Recheck Seconds", () => given.HostRecheckSeconds = 1);
        Default("Application Name", () => given.ApplicationName = applicationName);
        // A generic plan on a hypertable covers every chunk: it takes seconds and hundreds of megabytes. The connection check ends
        // queries whose client is gone: a killed process, or a COPY, which cannot be cancelled.
        Default("Options", () => given.Options = "-c plan_cache_mode=force_custom_plan -c client_connection_check_interval=500");
        return given.ConnectionString;

        void Default(string key, Action set)
        {
            if (!keys.Contains(key))
            {
                set();
            }
        }
    }
}
