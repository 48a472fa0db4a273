using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Tests.Hosting;

/// <summary>How a service ends when it fails or cannot start: its exit code, and what it prints to stderr.</summary>
public sealed class ServiceRunTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_background_service_that_throws_ends_the_process_with_1_and_logs_the_exception()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var log = new LogCollector();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddHostedService<Throwing>();
        Assert.Equal(1, await builder.Build().RunToEndAsync());
        Assert.Contains(log.Entries, entry => entry.Exception?.ToString().Contains(nameof(Throwing), StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Expected_faults_are_reduced_to_their_message_and_others_keep_their_stack_trace()
    {
        Assert.Equal("Wrong.", ServiceRun.Explain(Thrown(new OptionsValidationException("", typeof(object), ["Wrong."]))));
        Assert.Equal("No such symbol.", ServiceRun.Explain(Thrown(new RefusalException("No such symbol.")), RefusalException.IsRefusal));
        var unresolved = Thrown(new SocketException((int)SocketError.HostNotFound));
        Assert.Equal(unresolved.Message, ServiceRun.Explain(unresolved, RefusalException.IsRefusal));
        Exception[] faults =
        [
            new InvalidOperationException("Sequence contains no elements"),
            new IOException("disk"),
            new NpgsqlException("reading"),
            new TimeoutException(),
        ];
        var frame = $" at {typeof(ServiceRunTests).FullName}.{nameof(Thrown)}";
        Assert.All(
            faults,
            fault => Assert.Contains(frame, ServiceRun.Explain(Thrown(fault), RefusalException.IsRefusal), StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_service_waits_for_a_database_whose_name_does_not_resolve_and_then_fails_with_one_line()
    {
        var (exitCode, output, error) = await ApiAsync("Host=nowhere.invalid;Username=wyckoff_app;Password=x;Database=wyckoff", "00:00:01");
        Assert.Equal(1, exitCode);
        Assert.Contains("Waiting: The database does not answer", output, StringComparison.Ordinal);
        var line = Assert.Single(Lines(error));
        Assert.Contains("The database does not answer", line, StringComparison.Ordinal);
        Assert.Contains("Gave up after 1 s (Wyckoff:Database:StartupWait).", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_fails_at_once_when_its_password_is_wrong()
    {
        var wrong = new NpgsqlConnectionStringBuilder(database.AppConnection) { Password = "mistaken" }.ConnectionString;
        var (exitCode, _, error) = await ApiAsync(wrong, "00:10:00");
        Assert.Equal(1, exitCode);
        Assert.Contains("Check ConnectionStrings:wyckoff.", Assert.Single(Lines(error)), StringComparison.Ordinal);
        Assert.DoesNotContain("mistaken", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_reported_in_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://{taken.LocalEndpoint}";
        var (exitCode, _, error) = await ApiAsync(database.AppConnection, "00:01:00", url);
        Assert.Equal(1, exitCode);
        Assert.Contains(url, Assert.Single(Lines(error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_reports_in_one_line_that_the_database_is_away()
    {
        var (exitCode, _, error) = await FeedsAsync("Host=nowhere.invalid;Username=wyckoff_app;Password=x;Database=wyckoff");
        Assert.Equal(1, exitCode);
        Assert.Contains("The database does not answer", Assert.Single(Lines(error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_logs_the_stack_trace_of_an_unexpected_exception()
    {
        var connection = await database.Server.CloneAsync();
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            await using var rename = source.CreateCommand("ALTER TABLE market.feeds RENAME TO gone");
            await rename.ExecuteNonQueryAsync(Token);
        }

        var app = new NpgsqlConnectionStringBuilder(connection) { Username = "wyckoff_app", Password = TestServers.AppPassword };
        var (exitCode, _, error) = await FeedsAsync(app.ConnectionString);
        Assert.Equal(1, exitCode);
        Assert.Contains("ingestor: Npgsql.PostgresException", error, StringComparison.Ordinal);
        Assert.Contains("   at Wyckoff.", error, StringComparison.Ordinal);
        await database.Server.DropAsync(connection);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static Task<(int ExitCode, string Output, string Error)> ApiAsync(
        string connection,
        string wait,
        string url = "http://127.0.0.1:0"
    ) =>
        Run.DotnetAsync(
            "Api",
            [],
            new()
            {
                ["ConnectionStrings__wyckoff"] = connection,
                ["Wyckoff__Database__StartupWait"] = wait,
                ["ASPNETCORE_URLS"] = url,
            }
        );

    private static Task<(int ExitCode, string Output, string Error)> FeedsAsync(string connection) =>
        Run.DotnetAsync(
            "Ingestor",
            ["feeds", "list"],
            new()
            {
                ["ConnectionStrings__wyckoff"] = connection,
                ["Wyckoff__Database__StartupWait"] = "00:00:01",
                ["Logging__LogLevel__Default"] = "None",
            }
        );

    private sealed class Throwing : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("A fault of the program.");
        }
    }
}
