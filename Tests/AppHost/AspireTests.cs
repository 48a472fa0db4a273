#if ASPIRE
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Wyckoff.AppHost;

namespace Wyckoff.Tests.AppHost;

/// <summary>The real composition, run by Aspire's own orchestrator. Where Aspire's packages cannot be had there is nothing to test, and the embedded branch has its own tests.</summary>
public sealed class AspireTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-aspire-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A server that is still closing its files; the folder is a temporary one.
        }
    }

    [Fact(Timeout = 600_000)]
    public async Task With_containers_migrations_finish_and_the_api_serves_bars()
    {
        // The first question is whether there is an engine, and a build server must have one.
        var answers = ContainerRuntime.Answers(Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME"));
        if (Environment.GetEnvironmentVariable("WYCKOFF_REQUIRE_CONTAINERS") != "1")
        {
            Assert.SkipUnless(answers, "neither docker nor podman answers on this machine");
        }

        Assert.True(answers, "WYCKOFF_REQUIRE_CONTAINERS is 1, but neither docker nor podman answers");
        await ServesBarsAsync("--Wyckoff:NoContainers=false", "--Wyckoff:Ephemeral=true");
    }

    [Fact(Timeout = 600_000)]
    public async Task Without_containers_the_same_composition_runs_on_local_processes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "local servers are for Linux and macOS");
        await ServesBarsAsync("--Wyckoff:NoContainers=true", $"--Wyckoff:DataFolder={_folder}");
    }

    [Fact(Timeout = 300_000)]
    public async Task Compose_output_pins_every_image_and_keeps_the_superuser_to_migrations()
    {
        await PublishAsync("compose");

        var compose = await File.ReadAllTextAsync(Assert.Single(Files("docker-compose.yaml")), Cancellation);
        Assert.Empty(Files("*.bicep"));
        Assert.Contains($"{Images.Timescale}:{Images.TimescaleTag}", compose, StringComparison.Ordinal);
        Assert.Contains($"redis:{Images.RedisTag}", compose, StringComparison.Ordinal);
        Assert.DoesNotContain(":latest", compose, StringComparison.Ordinal);
        foreach (var image in compose.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("image:", StringComparison.Ordinal)))
        {
            // Our own images are placeholders that the deployment fills; any other carries a tag behind its last slash.
            Assert.Matches("""^image: "(\$\{[A-Z_]+\}|.*/[^/:"]+:[^/:"]+)"$""", image);
        }

        foreach (var service in new[] { "api", "ingestor" })
        {
            var block = Service(compose, service);
            Assert.Contains("ConnectionStrings__wyckoff:", block, StringComparison.Ordinal);
            Assert.Contains("Username=wyckoff_app;", block, StringComparison.Ordinal);
            Assert.DoesNotContain("Username=postgres", block, StringComparison.Ordinal);
            Assert.DoesNotContain("POSTGRES_PASSWORD", block, StringComparison.Ordinal);
            Assert.Contains("service_completed_successfully", block, StringComparison.Ordinal);
            Assert.Contains("restart: \"unless-stopped\"", block, StringComparison.Ordinal);
        }

        var migrations = Service(compose, "migrations");
        Assert.Contains("Username=postgres;", migrations, StringComparison.Ordinal);
        Assert.Contains("Wyckoff__AppPassword:", migrations, StringComparison.Ordinal);
        Assert.Contains("Wyckoff__WorkerPassword:", migrations, StringComparison.Ordinal);
        Assert.Contains("Username=wyckoff_worker;", Service(compose, "ingestor"), StringComparison.Ordinal);
        Assert.DoesNotContain("wyckoff_worker", Service(compose, "api"), StringComparison.Ordinal);
        Assert.Contains("restart: \"no\"", migrations, StringComparison.Ordinal);

        var postgres = Service(compose, "postgres");
        Assert.Contains("max_locks_per_transaction=1024", postgres, StringComparison.Ordinal);
        Assert.Contains("POSTGRES_DB: \"wyckoff\"", postgres, StringComparison.Ordinal);
        Assert.Contains("/var/lib/postgresql/data", postgres, StringComparison.Ordinal);
        Assert.DoesNotContain("reset-database", compose, StringComparison.Ordinal);

        // Whatever is published to the host is published to this host only.
        foreach (var port in Service(compose, "api").Split('\n').Select(line => line.Trim()).Where(line => line.EndsWith(":8080\"", StringComparison.Ordinal)))
        {
            Assert.StartsWith("- \"127.0.0.1:", port, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task Azure_output_has_migrations_as_a_job_and_brings_no_database_of_its_own()
    {
        await PublishAsync(
            "azure",
            "--ConnectionStrings:wyckoff=Host=db.example;Username=owner;Password=o;Database=wyckoff",
            "--ConnectionStrings:wyckoff-app=Host=db.example;Username=wyckoff_app;Password=a;Database=wyckoff",
            "--ConnectionStrings:wyckoff-worker=Host=db.example;Username=wyckoff_worker;Password=w;Database=wyckoff",
            "--ConnectionStrings:cache=cache.example:6380,password=c,ssl=true",
            "--Parameters:wyckoff-app-password=a",
            "--Parameters:wyckoff-worker-password=w");

        Assert.Empty(Files("docker-compose.yaml"));
        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Files("*.bicep"))
        {
            templates[file] = await File.ReadAllTextAsync(file, Cancellation);
        }

        Assert.All(templates.Values, text => Assert.DoesNotContain("timescale", text, StringComparison.OrdinalIgnoreCase));
        Assert.All(templates.Values, text => Assert.DoesNotContain("library/redis", text, StringComparison.OrdinalIgnoreCase));
        Assert.All(templates.Values, text => Assert.DoesNotContain("Password=", text, StringComparison.Ordinal));

        var job = Assert.Single(templates.Values, text => text.Contains("'Microsoft.App/jobs@", StringComparison.Ordinal));
        Assert.Contains("name: 'migrations'", job, StringComparison.Ordinal);
        Assert.Contains("triggerType: 'Manual'", job, StringComparison.Ordinal);

        var apps = templates.Values.Where(text => text.Contains("'Microsoft.App/containerApps@", StringComparison.Ordinal)).ToList();
        foreach (var service in new[] { "api", "ingestor" })
        {
            var app = Assert.Single(apps, text => text.Contains($"name: '{service}'", StringComparison.Ordinal));
            Assert.Contains("param wyckoff_app_connectionstring string", app, StringComparison.Ordinal);
            Assert.DoesNotContain("param wyckoff_connectionstring string", app, StringComparison.Ordinal);
        }
    }

    private static async Task ServesBarsAsync(params string[] arguments)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Wyckoff_AppHost>(arguments, Cancellation);
        await using var application = await builder.BuildAsync(Cancellation);
        await application.StartAsync(Cancellation);

        var migrations = await application.ResourceNotifications.WaitForResourceAsync(
            "migrations", change => change.Snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text), Cancellation);
        Assert.Equal(KnownResourceStates.Finished, migrations.Snapshot.State?.Text);
        Assert.Equal(0, migrations.Snapshot.ExitCode);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("ingestor", Cancellation);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("api", Cancellation);

        using var http = application.CreateHttpClient("api", "http");
        Assert.NotEqual(0, await SampleBarsAsync(http));
    }

    /// <summary>The ingestor loads the samples after it has become healthy, so they may be a moment in coming.</summary>
    private static async Task<int> SampleBarsAsync(HttpClient http)
    {
        for (var attempt = 0; attempt < 60; attempt++)
        {
            using var response = await http.GetAsync(new Uri("/v1/bars/SPY?timeframe=1d", UriKind.Relative), Cancellation);
            if (response.IsSuccessStatusCode)
            {
                var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
                var bars = answer.ValueKind == JsonValueKind.Array ? answer : answer.GetProperty("bars");
                if (bars.GetArrayLength() > 0)
                {
                    return bars.GetArrayLength();
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
        }

        return 0;
    }

    private async Task PublishAsync(string target, params string[] more)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [typeof(Projects.Wyckoff_AppHost).Assembly.Location, "--operation", "publish", "--step", "publish", "--output-path", Path.Combine(_folder, "out"), $"--Wyckoff:Publish={target}", .. more])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Aspire keeps the values it has seen below the home folder; a test leaves nothing there.
        start.Environment["HOME"] = _folder;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Cancellation);
        var error = process.StandardError.ReadToEndAsync(Cancellation);
        try
        {
            await process.WaitForExitAsync(Cancellation);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        Assert.True(process.ExitCode == 0, $"publish ended with {process.ExitCode}\n{await output}\n{await error}");
    }

    private string[] Files(string pattern) => Directory.GetFiles(Path.Combine(_folder, "out"), pattern, SearchOption.AllDirectories);

    /// <summary>The lines of one service: from its name, two blanks in, to the next line that is as far to the left.</summary>
    private static string Service(string compose, string name)
    {
        var lines = compose.Split('\n');
        var start = Array.FindIndex(lines, line => line.TrimEnd() == $"  {name}:");
        Assert.True(start >= 0, $"no service {name} in\n{compose}");
        return string.Join('\n', lines.Skip(start + 1).TakeWhile(line => line.StartsWith("   ", StringComparison.Ordinal)));
    }
}
#endif
