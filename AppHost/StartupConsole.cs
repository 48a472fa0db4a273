using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>
/// Reports the start to the terminal: each resource that starts or fails and, once the API is healthy, the addresses of everything. While
/// the system runs, <c>running.env</c> holds its addresses for the scripts.
/// </summary>
internal sealed class StartupConsole(
    DistributedApplicationModel model,
    ResourceNotificationService notifications,
    IConfiguration configuration,
    IHostApplicationLifetime lifetime,
    ConsoleLines console,
    StartupConsole.System system
) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        RunningFile.Delete(system.Home.Home);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await Task.WhenAll(ReportChangesAsync(stoppingToken), WriteRunningFileAsync(stoppingToken), GreetAsync(stoppingToken));

    private async Task ReportChangesAsync(CancellationToken stoppingToken)
    {
        var reported = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            var state = change.Snapshot.State?.Text;
            if (
                state is null
                || lifetime.ApplicationStopping.IsCancellationRequested
                || !IsReported(change)
                || reported.GetValueOrDefault(change.ResourceId) == state
            )
            {
                continue;
            }

            reported[change.ResourceId] = state;
            if (state == KnownResourceStates.Running)
            {
                console.Write($"  {change.Resource.Name, -12} running");
            }
            else if (state == KnownResourceStates.Finished && change.Snapshot.ExitCode == 0)
            {
                console.Write($"  {change.Resource.Name, -12} finished");
            }
            else if (KnownResourceStates.TerminalStates.Contains(state) && !change.Resource.Annotations.OfType<RestartAnnotation>().Any())
            {
                console.Write($"{await console.DescribeEndAsync(change, stoppingToken)} Its log is in the dashboard.");
            }
            else if (state == KnownResourceStates.FailedToStart)
            {
                console.Write(
                    $"{change.Resource.Name} was not started: what it waits for failed, or it could not run. Its log is in the dashboard."
                );
            }
        }
    }

    private async Task WriteRunningFileAsync(CancellationToken stoppingToken)
    {
        // The file does not wait for the migrations: eng/psql has to work when they fail.
        var owner = await TextAsync(system.Database.Owner);
        await notifications.WaitForResourceAsync(system.Database.Owner.Resource.Name, KnownResourceStates.Running, stoppingToken);
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["API_URL"] = ApiUrl,
            ["WEB_URL"] = WebUrl,
            ["DASHBOARD_URL"] = ServiceBuilderExtensions.DashboardUrl(configuration) ?? "",
            ["ConnectionStrings__wyckoff"] = owner,
            ["ConnectionStrings__worker"] = await TextAsync(system.Database.Worker),
            ["ConnectionStrings__cache"] = await TextAsync(system.Cache),
        };
        if (
            model.Resources.OfType<ContainerResource>().Any(container => container.Name == "postgres")
            && ContainerEngine.Find(configuration["ASPIRE_CONTAINER_RUNTIME"]) is { } engine
        )
        {
            // The scripts use the PostgreSQL programs in the container, because the machine may have none installed.
            (values["PGENGINE"], values["PGCONTAINER"]) = (engine, system.Home.PostgresContainer);
        }

        RunningFile.Write(system.Home.Home, values);

        async Task<string> TextAsync(IResourceBuilder<IResourceWithConnectionString> connection) =>
            await connection.Resource.ConnectionStringExpression.GetValueAsync(stoppingToken) ?? "";
    }

    private async Task GreetAsync(CancellationToken stoppingToken)
    {
        await notifications.WaitForResourceHealthyAsync("ingestor", WaitBehavior.WaitOnResourceUnavailable, stoppingToken);
        await notifications.WaitForResourceHealthyAsync("api", WaitBehavior.WaitOnResourceUnavailable, stoppingToken);
        await notifications.WaitForResourceHealthyAsync("web", WaitBehavior.WaitOnResourceUnavailable, stoppingToken);
        var (database, redis) = await DescribeServersAsync(stoppingToken);
        var text = new StringBuilder();
        text.AppendLine().AppendLine("Wyckoff is up: open " + WebUrl).AppendLine();
        Line("Web page", WebUrl);
        Line("API", ApiUrl);
        Line("API docs", ApiUrl + "/docs");
        Line("Dashboard", ServiceBuilderExtensions.DashboardUrl(configuration));
        Line("Database", database);
        Line("Redis", redis);
        Line("Data", system.Home.Folder);
        Line("psql", "eng/psql");
        Line("Admin key", AdminKey is null ? null : system.Home.AdminKeyFile);
        text.AppendLine().AppendLine("Try it:").AppendLine();
        var symbol = system.Options.Samples ? "SPY" : "SYMBOL";
        var header = AdminKey is null ? "" : $"-H \"Authorization: Bearer $(cat '{system.Home.AdminKeyFile}')\" ";
        text.AppendLine(CultureInfo.InvariantCulture, $"  curl {header}'{ApiUrl}/v1/bars/{symbol}?timeframe=1d&limit=5'").AppendLine();
        text.Append("Ctrl+C stops everything; the data stays.");
        console.Write(text.ToString());

        void Line(string what, string? value)
        {
            if (value is { Length: > 0 })
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {what, -10} {value}");
            }
        }
    }

    /// <summary>Describes PostgreSQL and Redis as the API's status endpoint reports them.</summary>
    private async Task<(string Database, string Redis)> DescribeServersAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = AdminKey is { } key ? new("Bearer", key) : null;
        try
        {
            var status = await http.GetFromJsonAsync<JsonElement>(ApiUrl + "/v1/status", cancellationToken);
            var (database, redis) = (status.GetProperty("database"), status.GetProperty("redis"));
            var timescale = Text(database, "timescaledb") is { } version and not "none"
                ? $"TimescaleDB {version} ({Text(database, "edition")} edition)"
                : "without TimescaleDB";
            return (
                $"PostgreSQL {Text(database, "server")}, {timescale}{At(system.Database.Owner.Resource.Name, "postgres")}",
                $"{Text(redis, "version")}{At(system.Cache.Resource.Name, "cache")}"
            );
        }
        catch (Exception e)
            when (e is HttpRequestException or JsonException or KeyNotFoundException or TaskCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            return ("see /v1/status", "see /v1/status");
        }

        static string? Text(JsonElement part, string name) =>
            part.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        string At(string connection, string server) =>
            model.Resources.FirstOrDefault(resource => resource.Name == server) is IResourceWithEndpoints resource
            && resource.GetEndpoints().FirstOrDefault() is { IsAllocated: true } endpoint
                ? string.Create(CultureInfo.InvariantCulture, $", port {endpoint.Port}")
                : $", as ConnectionStrings__{connection} says";
    }

    private static bool IsReported(ResourceEvent change) =>
        change.Resource is ProjectResource or ExecutableResource or ContainerResource
        && !change.Snapshot.IsHidden
        && !change.Resource.IsTask();

    private string ApiUrl => Local(system.Options.Port);

    private string WebUrl => Local(system.Options.WebPort);

    /// <summary>The first admin key, where requests need keys and its file is still in place.</summary>
    private string? AdminKey =>
        ServiceBuilderExtensions.Access(configuration) == "keys" && File.Exists(system.Home.AdminKeyFile)
            ? File.ReadAllText(system.Home.AdminKeyFile).Trim()
            : null;

    private static string Local(int port) => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");

    /// <summary>The parts of the system that the console reports.</summary>
    internal sealed record System(
        DataHome Home,
        AppHostOptions Options,
        Database Database,
        IResourceBuilder<IResourceWithConnectionString> Cache
    );
}
