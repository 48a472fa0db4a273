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
}
