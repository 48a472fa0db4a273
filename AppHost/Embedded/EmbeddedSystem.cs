using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost.Embedded;

/// <summary>The running system: servers, migrations, services, in the order in which they need each other.</summary>
internal sealed class EmbeddedSystem(EmbeddedOptions options, ServerHome home, Action<string> say) : IAsyncDisposable
{
    private static readonly TimeSpan HealthWait = TimeSpan.FromSeconds(90);
    // A service takes up to 8 s to end in good order; all of it must be over within 10.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(9);

    private readonly List<(string Name, Task<int> Exited)> _watched = [];
    private readonly List<LeashedProcess> _services = [];
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private LocalPostgres? _postgres;
    private LocalRedis? _redis;
    private Dashboard? _dashboard;
    private string _database = "";
    private string _cache = "";
    private string _health = "";

    private string ApiUrl => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{options.Port}");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Dashboard)
        {
            _dashboard = await Dashboard.StartAsync(home, say, cancellationToken);
            foreach (var (name, value) in _dashboard?.Environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            {
                _environment[name] = value;
            }
        }

        var postgres = StartDatabaseAsync(cancellationToken);
        var redis = StartCacheAsync(cancellationToken);
        await Task.WhenAll(postgres, redis);
        var (admin, passwords) = await postgres;

        await MigrateAsync(admin, passwords, cancellationToken);

        _environment["ConnectionStrings__wyckoff"] = ConnectionStrings.As(admin, "wyckoff_app", passwords.App);
        _environment["ConnectionStrings__cache"] = await redis;
        _environment["Wyckoff__Samples"] = options.Samples ? "true" : "false";
        var ingestorUrl = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{PortOwner.PickFree()}");
        StartService("Ingestor", ingestorUrl, ("ConnectionStrings__worker", ConnectionStrings.As(admin, "wyckoff_worker", passwords.Worker)));
        StartService("Api", ApiUrl);
        await HealthyAsync("Ingestor", ingestorUrl, cancellationToken);
        _health = await HealthyAsync("Api", ApiUrl, cancellationToken);
        WriteRunningFile(admin);
    }

    /// <summary>Waits until told to stop (null) or until something died: then what to say about it.</summary>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        var stopped = Task.Delay(Timeout.Infinite, cancellationToken);
        var first = await Task.WhenAny([stopped, .. _watched.Select(child => child.Exited)]);
        if (first == stopped || cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        var (name, exited) = _watched.Find(child => child.Exited == first);
        return Death(name, await exited) + " Everything else was stopped; no committed data is lost. Start again with: dotnet run --project AppHost";
    }

    public string Banner()
    {
        var text = new StringBuilder();
        text.AppendLine().AppendLine("Wyckoff is up.").AppendLine();
        Line("API", ApiUrl);
        Line("API docs", ApiUrl + "/docs");
        Line("Dashboard", _dashboard?.Url ?? "none (start with --dashboard)");
        Line("Database", _database);
        Line("Redis", _cache);
        Line("Data", _postgres is null && _redis is null ? "on the servers named in the environment" : home.Data);
        if (_postgres is not null)
        {
            Line("Server log", _postgres.LogFile);
        }

        Line("psql", "eng/psql");
        text.AppendLine().AppendLine("Try it:").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"  curl '{ApiUrl}/v1/bars/{(options.Samples ? "SPY" : "SYMBOL")}?timeframe=1d&limit=5'").AppendLine();
        text.Append("Ctrl+C stops everything; the data stays.");
        return text.ToString();

        void Line(string what, string value) => text.AppendLine(CultureInfo.InvariantCulture, $"  {what,-10} {value}");
    }

    public async ValueTask DisposeAsync()
    {
        RunningFile.Delete(home);
        await Task.WhenAll(_services.Select(service => service.StopAsync()));
        _services.Clear();
        await Task.WhenAll(StopAsync(_redis), StopAsync(_postgres), StopAsync(_dashboard));
        (_redis, _postgres, _dashboard) = (null, null, null);
        _http.Dispose();

        static async Task StopAsync(IAsyncDisposable? server)
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }
    }

    private async Task<(string Admin, (string App, string Worker) Passwords)> StartDatabaseAsync(CancellationToken cancellationToken)
    {
        // Made anew at each start: MigrationService gives them to the roles, and nobody else needs to keep them.
        var passwords = (Password(), Password());
        if (Environment.GetEnvironmentVariable("ConnectionStrings__wyckoff") is { Length: > 0 } given)
        {
            _database = "as ConnectionStrings__wyckoff says";
            return (given, passwords);
        }

        _postgres = await LocalPostgres.StartAsync(new() { Home = home, Log = line => say("postgres | " + line) }, cancellationToken);
        _watched.Add(("PostgreSQL", _postgres.Exited));
        var admin = _postgres.ConnectionString("wyckoff");
        _database = $"PostgreSQL {_postgres.Version}, {(_postgres.EditionVersion is null ? "without TimescaleDB" : $"TimescaleDB {_postgres.EditionVersion} ({_postgres.Edition} edition)")}, port {_postgres.Port}";
        return (admin, passwords);
    }

    private static string Password() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private async Task<string> StartCacheAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("ConnectionStrings__cache") is { Length: > 0 } given)
        {
            _cache = "as ConnectionStrings__cache says";
            return given;
        }

        _redis = await LocalRedis.StartAsync(new() { Home = home, Log = line => say("redis    | " + line) }, cancellationToken);
        _watched.Add(("Redis", _redis.Exited));
        _cache = string.Create(CultureInfo.InvariantCulture, $"port {_redis.Port}");
        return _redis.ConnectionString;
    }

    private async Task MigrateAsync(string admin, (string App, string Worker) passwords, CancellationToken cancellationToken)
    {
        var migration = StartProcess("MigrationService", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__wyckoff"] = admin,
            ["Wyckoff__AppPassword"] = passwords.App,
            ["Wyckoff__WorkerPassword"] = passwords.Worker,
        });
        try
        {
            var exitCode = await migration.Exited.WaitAsync(cancellationToken);
            if (exitCode != 0)
            {
                throw new EmbeddedException($"The migrations failed (exit code {exitCode}), so nothing else was started. Their last words: {migration.LastLines.LastOrDefault()}");
            }
        }
        finally
        {
            await migration.StopAsync();
        }
    }

    private void StartService(string name, string url, params (string Name, string Value)[] environment)
    {
        var all = environment.Append(("ASPNETCORE_URLS", url)).ToDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.Ordinal);
        var service = StartProcess(name, all);
        _services.Add(service);
        _watched.Add((name, service.Exited));
    }

    private LeashedProcess StartProcess(string name, IReadOnlyDictionary<string, string> environment)
    {
        // The launch profile's variables are for Aspire's dashboard, and ours to keep.
        var all = new Dictionary<string, string?>(StringComparer.Ordinal) { ["ASPNETCORE_URLS"] = null, ["DOTNET_ENVIRONMENT"] = null, ["ASPNETCORE_ENVIRONMENT"] = null };
        foreach (var (key, value) in _environment.Concat(environment))
        {
            all[key] = value;
        }

        all["OTEL_SERVICE_NAME"] = name.ToLowerInvariant();
        var label = string.Create(CultureInfo.InvariantCulture, $"{name.ToLowerInvariant().Replace("migrationservice", "migrate", StringComparison.Ordinal),-8} | ");
        return LeashedProcess.Start(name, ServiceBinaries.Dotnet, [ServiceBinaries.Dll(name)], all, Path.GetDirectoryName(ServiceBinaries.Dll(name)), "TERM", Grace, line => say(label + line));
    }

    /// <summary>Waits until the service says it can do its work; its report, or why it cannot.</summary>
    private async Task<string> HealthyAsync(string name, string url, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HealthWait);
        var last = "no answer yet";
        while (true)
        {
            if (_watched.Find(child => child.Exited.IsCompleted) is { Name: not null } dead)
            {
                throw new EmbeddedException(Death(dead.Name, await dead.Exited));
            }

            try
            {
                using var response = await _http.GetAsync(url + "/health", limit.Token);
                last = await response.Content.ReadAsStringAsync(limit.Token);
                if (response.IsSuccessStatusCode)
                {
                    return last;
                }
            }
            catch (HttpRequestException e)
            {
                last = e.Message;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new EmbeddedException($"{name} was not healthy after {HealthWait.TotalSeconds:0} s: {last}");
            }

            await Task.Delay(100, CancellationToken.None);
        }
    }

    private string Death(string name, int exitCode)
    {
        var how = exitCode > 128 ? $"was killed by signal {exitCode - 128}" : $"ended with exit code {exitCode}";
        var words = _services.Find(service => service.Name == name)?.LastLines.LastOrDefault();
        return $"{name} {how}{(words is null ? "" : $" (its last words: {words})")}.";
    }

    private void WriteRunningFile(string admin)
    {
        if (_postgres is { } postgres)
        {
            RunningFile.Write(home, new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["APPHOST_PID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
                ["API_URL"] = ApiUrl,
                ["PGHOST"] = postgres.Host,
                ["PGPORT"] = postgres.Port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = postgres.User,
                ["PGPASSWORD"] = postgres.Password,
                ["PGDATABASE"] = "wyckoff",
                ["PSQL"] = Path.Combine(postgres.BinFolder, "psql"),
            });
        }
    }
}
