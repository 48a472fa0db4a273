using System.Net;
using System.Net.Sockets;
using Npgsql;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.AppHost;

/// <summary>Tests the built AppHost as a process: its console output, its errors and its shutdown.</summary>
[Collection(nameof(AppHostCollection))]
public sealed class ConsoleTests(RunningAppHost running)
{
    private static readonly string[] Services = ["Api", "Ingestor", "cache", "postgres"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task The_console_prints_all_addresses_and_a_curl_command_that_works()
    {
        var output = running.System.Output;
        Assert.Contains("PostgreSQL: a local process (--local)", output, StringComparison.Ordinal);
        Assert.Matches(@"Database +PostgreSQL [0-9.]+, .*, port [0-9]+", output);
        Assert.Matches(@"Redis +[0-9.]+, port [0-9]+", output);
        Assert.Matches(@"Dashboard +http://localhost:[0-9]+/login\?t=[0-9a-f]+", output);
        Assert.Contains(running.Home.Folder, output, StringComparison.Ordinal);

        var curl = Assert.Single(output.Split('\n'), line => line.Contains("curl '", StringComparison.Ordinal)).Split('\'')[1];
        using var client = new HttpClient();
        Assert.Contains("\"count\":5", await client.GetStringAsync(curl, Token), StringComparison.Ordinal);
        foreach (var symbol in new[] { "AAPL", "TSLA", "SPY" })
        {
            Assert.Contains(
                "\"count\":252",
                await client.GetStringAsync($"{running.Url}/v1/bars/{symbol}?timeframe=1d", Token),
                StringComparison.Ordinal
            );
        }

        var dashboard = output
            .Split('\n')
            .Single(line => line.Contains("/login?t=", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]
            .Trim();
        Assert.Contains("<html", await client.GetStringAsync(dashboard, Token), StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = 600_000)]
    public async Task A_second_AppHost_on_the_same_folder_is_refused_and_names_the_first()
    {
        using var second = new RunningSystem(running.Home.Folder, ["--local", .. AppHostHome.Ports()]);
        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains(
            $"process {running.System.Id}, http://localhost:{running.Port}",
            Assert.Single(second.Errors),
            StringComparison.Ordinal
        );
    }

    [Fact(Timeout = 600_000)]
    public async Task A_killed_process_is_restarted_and_the_others_keep_running()
    {
        await running.System.PsqlAsync("INSERT INTO tickers (symbol) VALUES ('KEPT')");
        using var client = new HttpClient();
        foreach (
            var (service, resource) in new[] { ("Api", "api"), ("Ingestor", "ingestor"), ("cache", "cache"), ("postgres", "postgres") }
        )
        {
            // A restarted resource is reported as running a moment before its process exists.
            await Eventually.HoldsAsync(() => Services.All(running.Home.Runs), () => string.Join('\n', running.Home.Processes()));
            var others = Services.Where(other => other != service).ToDictionary(other => other, running.Home.ProcessOf);
            var before = running.System.Output.Length;
            running.Home.Kill(service);
            await running.System.WaitForOutputAsync("was killed by ", before);
            await running.System.WaitForOutputAsync($"  {resource, -12} running", before);
            Assert.Contains($"{resource} ", running.System.Output[before..], StringComparison.Ordinal);
            Assert.Contains("Starting it again in 1 s (1 of ", running.System.Output[before..], StringComparison.Ordinal);
            await Eventually.HoldsAsync(
                async () =>
                    await BodyAsync(client, "/health") is { } health
                    && health.StartsWith("{\"status\":\"Healthy\"", StringComparison.Ordinal),
                () => $"The API is not healthy after {service} was killed: {running.System.Output[before..]}"
            );
            Assert.Equal(others, others.Keys.ToDictionary(other => other, running.Home.ProcessOf));
        }

        Assert.Equal("1", await running.System.PsqlAsync("SELECT count(*) FROM tickers WHERE symbol = 'KEPT'"));
        Assert.Contains(
            "\"count\":1",
            await client.GetStringAsync($"{running.Url}/v1/bars/SPY?timeframe=1d&limit=1", Token),
            StringComparison.Ordinal
        );

        async Task<string?> BodyAsync(HttpClient http, string path)
        {
            try
            {
                using var response = await http.GetAsync(running.Url + path, Token);
                return await response.Content.ReadAsStringAsync(Token);
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    [Fact(Timeout = 600_000)]
    public async Task A_killed_AppHost_leaves_no_process_and_the_next_start_has_the_same_data_and_port()
    {
        await using var home = await AppHostHome.CreateAsync();
        string address;
        using (var first = new RunningSystem(home.Folder, ["--local", "--no-samples", .. AppHostHome.Ports()]))
        {
            await first.WaitForOutputAsync("Ctrl+C stops everything");
            await first.PsqlAsync("INSERT INTO tickers (symbol) VALUES ('MINE')");
            address = await first.PsqlAsync("SELECT inet_server_port()");
            first.Kill();
            await home.NoProcessLeftAsync();
        }

        using (var second = new RunningSystem(home.Folder, ["--local", "--no-samples", .. AppHostHome.Ports()]))
        {
            await second.WaitForOutputAsync("Ctrl+C stops everything");
            Assert.Equal("MINE", await second.PsqlAsync("SELECT string_agg(symbol, ',') FROM tickers"));
            Assert.Equal(address, await second.PsqlAsync("SELECT inet_server_port()"));
            second.Terminate();
            Assert.Equal(0, await second.ExitAsync());
            await home.NoProcessLeftAsync();
            Assert.False(File.Exists(RunningFile.PathIn(home.Home)));
        }

        using var unconfirmed = new RunningSystem(home.Folder, ["--local", "--fresh", .. AppHostHome.Ports()]);
        Assert.Equal(1, await unconfirmed.ExitAsync());
        Assert.Contains("--yes", Assert.Single(unconfirmed.Errors), StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(home.Home.Data, "postgres")));

        var old = Path.Combine(home.Home.Data, "postgres", "of-the-old-cluster");
        await File.WriteAllTextAsync(old, "", Token);
        using var fresh = new RunningSystem(home.Folder, ["--local", "--fresh", "--yes", "--no-samples", .. AppHostHome.Ports()]);
        await fresh.WaitForOutputAsync("Deleted all data in");
        Assert.False(File.Exists(old));
        fresh.Terminate();
        await fresh.ExitAsync();

        // Each start uses another port, because another process may take the port between two starts.
    }

    [Fact(Timeout = 600_000)]
    public async Task A_failed_migration_keeps_the_services_down_and_the_console_prints_the_error()
    {
        await using var home = await AppHostHome.CreateAsync();
        await using (var server = await LocalPostgres.StartAsync(new() { Home = home.Home }, Token))
        {
            await ExecuteAsync(server.ConnectionString("postgres"), "CREATE DATABASE wyckoff");
            await ExecuteAsync(server.ConnectionString("wyckoff"), "CREATE SCHEMA market; CREATE TABLE market.tickers (id int)");
        }

        using var system = new RunningSystem(home.Folder, ["--local", .. AppHostHome.Ports()]);
        await system.WaitForOutputAsync("migrations ended with exit code 1: ");
        await system.WaitForOutputAsync("api was not started");
        await system.WaitForOutputAsync("ingestor was not started");
        Assert.DoesNotContain(home.Processes(), process => process.CommandLine.Contains("Wyckoff.Api", StringComparison.Ordinal));
        Assert.False(system.HasExited);
        // The database stays up, so that the user can inspect it.
        Assert.Equal("1", await system.PsqlAsync("SELECT count(*) FROM pg_tables WHERE schemaname = 'market'"));
        Assert.Contains(
            "market",
            Assert.Single(system.Output.Split('\n'), line => line.StartsWith("migrations ended", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
        system.Terminate();
        Assert.Equal(0, await system.ExitAsync());
    }

    [Fact(Timeout = 600_000)]
    public async Task The_error_of_a_server_that_cannot_start_is_printed()
    {
        await using var home = await AppHostHome.CreateAsync();
        var data = Directory.CreateDirectory(Path.Combine(home.Home.Data, "postgres")).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "PG_VERSION"), "12\n", Token);
        await File.WriteAllTextAsync(home.Home.PasswordFile("postgres"), "x", Token);
        if (home.Home.Account is { } account)
        {
            await Run.ProcessAsync("chown", ["-R", account, home.Home.Data], []);
        }

        using var system = new RunningSystem(home.Folder, ["--local", .. AppHostHome.Ports()]);
        await system.WaitForOutputAsync("postgres ended with exit code 1: The data in");
        await system.WaitForOutputAsync("was made by PostgreSQL 12");
        system.Terminate();
        Assert.Equal(0, await system.ExitAsync());
    }

    [Theory(Timeout = 600_000)]
    [InlineData("'--bogus'", "--bogus")]
    [InlineData("99999", "--port=99999")]
    [InlineData("'http'", "--port=http")]
    [InlineData("exclude each other", "--containers", "--local")]
    [InlineData("leave one of them out", "--local", "--ConnectionStrings:wyckoff=Host=nowhere")]
    public async Task Invalid_options_give_one_line_of_error_and_nothing_starts(string expected, params string[] arguments)
    {
        await using var home = await AppHostHome.CreateAsync();
        using var system = new RunningSystem(
            home.Folder,
            arguments.Any(argument => argument.StartsWith("--port", StringComparison.Ordinal))
                ? arguments
                : [.. arguments, .. AppHostHome.Ports()]
        );
        Assert.Equal(1, await system.ExitAsync());
        Assert.Contains(expected, Assert.Single(system.Errors), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(home.Home.Data, "postgres")));
    }

    [Fact(Timeout = 600_000)]
    public async Task The_option_containers_without_an_engine_gives_one_line_of_error()
    {
        await using var home = await AppHostHome.CreateAsync();
        // The program false plays an engine whose client is installed but whose daemon is down.
        using var system = new RunningSystem(
            home.Folder,
            ["--containers", .. AppHostHome.Ports()],
            new(StringComparer.Ordinal) { ["ASPIRE_CONTAINER_RUNTIME"] = "false" }
        );
        Assert.Equal(1, await system.ExitAsync());
        Assert.Contains("neither docker nor podman answers", Assert.Single(system.Errors), StringComparison.Ordinal);
    }

    [Fact(Timeout = 600_000)]
    public async Task A_taken_port_gives_an_error_that_names_its_owner()
    {
        await using var home = await AppHostHome.CreateAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var system = new RunningSystem(home.Folder, ["--port", $"{port}"]);
        Assert.Equal(1, await system.ExitAsync());
        var line = Assert.Single(system.Errors);
        Assert.Contains($"port {port} is taken by", line, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", line, StringComparison.Ordinal);
    }

    [Fact(Timeout = 600_000)]
    public async Task A_data_folder_that_cannot_be_created_gives_one_line_of_error()
    {
        var file = Path.GetTempFileName();
        using var system = new RunningSystem("", ["--data", Path.Combine(file, "below"), .. AppHostHome.Ports()]);
        Assert.Equal(1, await system.ExitAsync());
        Assert.Contains("--data FOLDER", Assert.Single(system.Errors), StringComparison.Ordinal);
        File.Delete(file);
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
