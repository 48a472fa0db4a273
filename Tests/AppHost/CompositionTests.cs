using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.AppHost;

/// <summary>Tests the composition as run by Aspire's orchestrator.</summary>
[Collection(nameof(AppHostCollection))]
public sealed class CompositionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task With_local_servers_the_system_serves_bars_and_traces_requests_down_to_the_database()
    {
        await using var home = await AppHostHome.CreateAsync();
        await ServesBarsAsync(["--local", "--data", home.Folder, .. AppHostHome.Ports()]);
    }

    [Fact(Timeout = 600_000)]
    public async Task With_containers_the_system_serves_bars_and_traces_requests_down_to_the_database()
    {
        Assert.SkipUnless(
            System.Environment.GetEnvironmentVariable("WYCKOFF_REQUIRE_CONTAINERS") == "1",
            "Container tests run only with WYCKOFF_REQUIRE_CONTAINERS=1."
        );
        await using var home = await AppHostHome.CreateAsync();
        await ServesBarsAsync(["--containers", "--fresh", "--yes", "--data", home.Folder, .. AppHostHome.Ports()]);
    }

    [Fact(Timeout = 600_000)]
    public async Task Without_a_database_migrations_exit_with_1_and_no_service_starts()
    {
        await using var home = await AppHostHome.CreateAsync();
        await using var application = await BuildAsync(
            null,
            [
                "--data",
                home.Folder,
                .. AppHostHome.Ports(),
                $"--ConnectionStrings:wyckoff=Host=127.0.0.1;Port={PortOwner.PickFree()};Username=postgres;Password=x",
                "--ConnectionStrings:cache=127.0.0.1:1",
            ]
        );
        await application.StartAsync(Token);

        var migrations = await EndAsync(application, "migrations");
        Assert.Equal(1, migrations.Snapshot.ExitCode);
        foreach (var service in new[] { "api", "ingestor" })
        {
            var change = await application.ResourceNotifications.WaitForResourceAsync(service, IsTerminal, Token);
            Assert.Equal(KnownResourceStates.FailedToStart, change.Snapshot.State?.Text);
        }

        Assert.DoesNotContain(home.Processes(), process => process.CommandLine.Contains("Wyckoff.Api", StringComparison.Ordinal));
    }

    [Fact(Timeout = 600_000)]
    public async Task The_dashboard_commands_import_migrate_load_samples_back_up_and_reset()
    {
        await using var home = await AppHostHome.CreateAsync();
        await using var application = await BuildAsync(null, ["--local", "--no-samples", "--data", home.Folder, .. AppHostHome.Ports()]);
        await application.StartAsync(Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("ingestor", Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("api", Token);
        using var http = application.CreateHttpClient("api", "http");
        // The second import shows that the arguments of a task apply to one run only.
        foreach (var symbol in new[] { "ONE", "TWO" })
        {
            var file = Path.Combine(home.Folder, symbol + ".csv");
            await File.WriteAllTextAsync(file, "timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,100\n", Token);
            var imported = await RunAsync("ingestor", "import-file", ("path", file), ("symbol", symbol), ("timeframe", "1d"));
            Assert.True(imported.Success, imported.Message);
            Assert.Equal(1, await CountAsync(http, symbol));
        }

        var migrated = await RunAsync("migrations", "run-migrations");
        Assert.True(migrated.Success, migrated.Message);
        Assert.Equal(0, await CountAsync(http, "SPY"));
        var loaded = await RunAsync("ingestor", "load-samples");
        Assert.True(loaded.Success, loaded.Message);
        Assert.Equal(252, await CountAsync(http, "SPY"));

        var backup = Path.Combine(home.Folder, "all.dump");
        var saved = await RunAsync("wyckoff", "backup", ("file", backup));
        Assert.True(saved.Success && new FileInfo(backup).Length > 0, saved.Message);
        var reset = await RunAsync("wyckoff", "reset-database");
        Assert.True(reset.Success, reset.Message);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("api", Token);
        await Eventually.HoldsAsync(async () => await CountAsync(http, "ONE") == 0);

        Task<ExecuteCommandResult> RunAsync(string resource, string command, params (string Name, string Value)[] arguments) =>
            application.ResourceCommands.ExecuteCommandAsync(
                resource,
                command,
                new InteractionInputCollection([
                    .. arguments.Select(argument => new InteractionInput
                    {
                        Name = argument.Name,
                        InputType = InputType.Text,
                        Value = argument.Value,
                    }),
                ]),
                Token
            );
    }

    private static async Task ServesBarsAsync(params string[] arguments)
    {
        await using var otlp = await OtlpReceiver.StartAsync();
        await using var application = await BuildAsync(otlp, arguments);
        await application.StartAsync(Token);

        var migrations = await EndAsync(application, "migrations");
        Assert.Equal((KnownResourceStates.Finished, 0), (migrations.Snapshot.State?.Text, migrations.Snapshot.ExitCode));
        await application.ResourceNotifications.WaitForResourceHealthyAsync("ingestor", Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("api", Token);

        using var http = application.CreateHttpClient("api", "http");
        foreach (var symbol in new[] { "AAPL", "TSLA", "SPY" })
        {
            await Eventually.GetAsync(() => AnswerAsync(http, symbol), answer => answer.Count == 252, answer => $"{answer}");
        }

        var trace = await TracedAsync("/v1/bars/SPY?timeframe=1d&from=2024-02-01&limit=3", "Npgsql");
        Assert.Equal("api", otlp.Spans.First(span => span.Trace == trace).Service);
        await TracedAsync("/v1/bars/SPY?timeframe=1h&last=5", "OpenTelemetry.Instrumentation.StackExchangeRedis");
        Assert.DoesNotContain(otlp.Spans, span => span.Name.Contains("/health", StringComparison.Ordinal));
        await Eventually.HoldsAsync(() => otlp.Received.ContainsKey("logs"), () => "No logs came.");
        // All services send spans, also MigrationService, which ends soon.
        await Eventually.HoldsAsync(
            () =>
                otlp
                    .Spans.Select(span => span.Service)
                    .Distinct(StringComparer.Ordinal)
                    .Order(StringComparer.Ordinal)
                    .SequenceEqual(["api", "ingestor", "migrations"]),
            () => $"Spans came only of {string.Join(", ", otlp.Spans.Select(span => span.Service).Distinct(StringComparer.Ordinal))}"
        );
        // Database polling is not traced, and all statements of the migration belong to one trace.
        Assert.DoesNotContain(
            otlp.Spans,
            span => span.Scope == "Npgsql" && span.Parent.Length == 0 && !span.Name.StartsWith("CONNECT", StringComparison.Ordinal)
        );
        await Eventually.HoldsAsync(
            () => otlp.Spans.Any(span => span is { Service: "migrations", Name: "migrate" }),
            () => "No span of the migration came."
        );

        // Sends a request and waits for a span of the scope below the span of the request.
        async Task<string> TracedAsync(string url, string scope)
        {
            var trace = System.Diagnostics.ActivityTraceId.CreateRandom().ToHexString();
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Add("traceparent", $"00-{trace}-{System.Diagnostics.ActivitySpanId.CreateRandom().ToHexString()}-01");
            using var response = await http.SendAsync(request, Token);
            response.EnsureSuccessStatusCode();
            await Eventually.HoldsAsync(
                () =>
                    otlp.Spans.FirstOrDefault(span => span.Trace == trace && span.Scope == "Microsoft.AspNetCore") is { } server
                    && otlp.Spans.Any(span => span.Trace == trace && span.Scope == scope && IsBelow(otlp, span, server)),
                () =>
                    $"No span of {scope} below the HTTP span of trace {trace}: "
                    + string.Join(", ", otlp.Spans.Where(span => span.Trace == trace))
            );
            return trace;
        }
    }

    private static bool IsBelow(OtlpReceiver otlp, ReceivedSpan span, ReceivedSpan ancestor) =>
        span.Parent == ancestor.Id
        || (otlp.Spans.FirstOrDefault(other => other.Id == span.Parent) is { } parent && IsBelow(otlp, parent, ancestor));

    private static async Task<DistributedApplication> BuildAsync(OtlpReceiver? otlp, params string[] arguments)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Wyckoff_AppHost>(arguments, Token);
        foreach (var project in builder.Resources.OfType<ProjectResource>())
        {
            // The testing builder has no dashboard but sets its address. A process that sends telemetry there would take long to end.
            project.Annotations.Add(
                new EnvironmentCallbackAnnotation(context =>
                {
                    context.EnvironmentVariables["Wyckoff__ServerWait"] = otlp is null ? "00:00:01" : "00:01:00";
                    context.EnvironmentVariables.Remove("OTEL_EXPORTER_OTLP_ENDPOINT");
                    if (otlp is not null)
                    {
                        context.EnvironmentVariables["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp.Url;
                        context.EnvironmentVariables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
                        context.EnvironmentVariables["OTEL_BSP_SCHEDULE_DELAY"] = "200";
                    }
                })
            );
        }

        return await builder.BuildAsync(Token);
    }

    private static Task<ResourceEvent> EndAsync(DistributedApplication application, string resource) =>
        application.ResourceNotifications.WaitForResourceAsync(resource, IsTerminal, Token);

    private static bool IsTerminal(ResourceEvent change) =>
        change.Snapshot.State is { } state && KnownResourceStates.TerminalStates.Contains(state.Text);

    private static async Task<int> CountAsync(HttpClient http, string symbol) => (await AnswerAsync(http, symbol)).Count;

    /// <summary>Requests the daily bars of a symbol. The count is 0 for an unknown symbol or an error.</summary>
    private static async Task<(int Count, int Status, string Text)> AnswerAsync(HttpClient http, string symbol)
    {
        using var response = await http.GetAsync(new Uri($"/v1/bars/{symbol}?timeframe=1d", UriKind.Relative), Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        var count = response.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement.GetProperty("bars").GetArrayLength() : 0;
        return (count, (int)response.StatusCode, text);
    }
}
