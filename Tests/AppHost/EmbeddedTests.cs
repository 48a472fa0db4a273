using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.AppHost;

/// <summary>The whole system as a newcomer starts it, from an empty data folder: up, used, ended in every way there is.</summary>
public sealed class EmbeddedTests : IAsyncDisposable
{
    private readonly string _home = Path.Combine("/var/tmp", $"wyckoff-embedded-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private readonly int _port = PortOwner.PickFree();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Url => $"http://127.0.0.1:{_port}";

    public EmbeddedTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The embedded host needs a Unix.");
        Directory.CreateDirectory(_home);
    }

    public async ValueTask DisposeAsync()
    {
        await NobodyLeftAsync(); // a test ends by killing its AppHost, whose children take a moment
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task It_comes_up_serves_bars_stops_on_SIGTERM_within_ten_seconds_and_keeps_its_data()
    {
        await UseInstalledServersAsync();
        using (var first = await UpAsync())
        {
            using var client = new HttpClient();
            foreach (var symbol in new[] { "AAPL", "TSLA", "SPY" })
            {
                Assert.Contains("\"count\":252", await client.GetStringAsync($"{Url}/v1/bars/{symbol}?timeframe=1d", Token), StringComparison.Ordinal);
            }

            Assert.Contains("API docs", first.Output, StringComparison.Ordinal);
            Assert.Contains("TimescaleDB", first.Output, StringComparison.Ordinal);
            await first.PsqlAsync("INSERT INTO tickers (symbol) VALUES ('MINE')");
            // Maintenance runs in there, under its own name.
            Assert.Matches("\"maintenance\":\\{\"status\":\"Healthy\",\"latencyMs\":[^,]*,\"description\":\"(last full success|the first round)", await client.GetStringAsync(IngestorUrl() + "/health", Token));
            Assert.Equal("wyckoff_worker", await first.PsqlAsync("SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'Wyckoff.Ingestor maintenance'"));

            var stopping = Stopwatch.StartNew();
            first.Signal(PosixSignal.SIGTERM);
            Assert.Equal(0, await first.ExitAsync());
            Assert.True(stopping.Elapsed < TimeSpan.FromSeconds(10), $"It took {stopping.Elapsed}.");
            await NobodyLeftAsync();
        }

        using var second = await UpAsync();
        Assert.Equal("4", await second.PsqlAsync("SELECT count(*) FROM tickers"));
        second.Signal(InterruptIsIgnored() ? PosixSignal.SIGTERM : PosixSignal.SIGINT);
        Assert.Equal(0, await second.ExitAsync());
        await NobodyLeftAsync();
    }

    [Fact]
    public async Task Killed_it_leaves_no_process_and_no_damage()
    {
        await UseInstalledServersAsync();
        using (var first = await UpAsync())
        {
            await first.PsqlAsync("INSERT INTO tickers (symbol) VALUES ('MINE')");
            first.Kill();
            await NobodyLeftAsync();
        }

        using var second = await UpAsync();
        Assert.Equal("4", await second.PsqlAsync("SELECT count(*) FROM tickers"));
    }

    [Fact]
    public async Task A_part_that_is_killed_is_named_and_takes_the_rest_with_it_in_good_order()
    {
        await UseInstalledServersAsync();
        var deaths = 0;
        foreach (var (commandLine, name) in new[] { ("Wyckoff.Api.dll", "Api"), ("Wyckoff.Ingestor.dll", "Ingestor"), ("redis-server", "Redis"), ("postgres", "PostgreSQL") })
        {
            using var system = await UpAsync("--no-samples");
            Assert.Equal($"{deaths}", await system.PsqlAsync("SELECT count(*) FROM tickers"));
            await system.PsqlAsync($"INSERT INTO tickers (symbol) VALUES ('MINE{deaths++}')");
            var victim = commandLine == "postgres"
                ? int.Parse(File.ReadLines(Path.Combine(_home, "data", "postgres", "postmaster.pid")).First(), CultureInfo.InvariantCulture)
                : Assert.Single(Ours(), process => process.CommandLine.Contains(commandLine, StringComparison.Ordinal) && !process.CommandLine.Contains("leash", StringComparison.Ordinal)).Pid;
            using (var process = Process.GetProcessById(victim))
            {
                process.Kill();
            }

            Assert.Equal(1, await system.ExitAsync());
            Assert.Contains($"{name} was killed by signal 9", Assert.Single(system.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            await NobodyLeftAsync();
        }

        using var again = await UpAsync("--no-samples");
        Assert.Equal($"{deaths}", await again.PsqlAsync("SELECT count(*) FROM tickers"));
    }

    [Fact]
    public async Task Migrations_that_fail_end_it_with_1_and_nothing_else_was_started()
    {
        await UseInstalledServersAsync();
        var nobody = $"Host=127.0.0.1;Port={PortOwner.PickFree()};Username=postgres;Password=x";
        using var system = Start([], new() { ["ConnectionStrings__wyckoff"] = nobody, ["ConnectionStrings__cache"] = "127.0.0.1:1", ["Wyckoff__ServerWait"] = "00:00:01" });
        Assert.Equal(1, await system.ExitAsync());
        Assert.Contains("The migrations failed (exit code 1), so nothing else was started", system.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("ingestor |", system.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("api      |", system.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fresh_asks_first_and_wipes_when_told_to()
    {
        await UseInstalledServersAsync();
        using (var first = await UpAsync("--no-samples"))
        {
            await first.PsqlAsync("INSERT INTO tickers (symbol) VALUES ('MINE')");
            first.Signal(PosixSignal.SIGTERM);
            await first.ExitAsync();
        }

        using (var unsure = Start(["--fresh"]))
        {
            Assert.Equal(1, await unsure.ExitAsync());
            Assert.Contains("--yes", Assert.Single(unsure.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        }

        using var second = await UpAsync("--no-samples", "--fresh", "--yes");
        Assert.Equal("0", await second.PsqlAsync("SELECT count(*) FROM tickers"));
    }

    [Theory]
    [InlineData("--bogus", "--bogus")]
    [InlineData("--port=99999", "99999")]
    [InlineData("--port=http", "http")]
    public async Task What_it_does_not_understand_is_one_line_and_nothing_starts(string argument, string named)
    {
        using var system = new RunningSystem(_home, ["--embedded", argument], []);
        Assert.Equal(1, await system.ExitAsync());
        Assert.Contains(named, Assert.Single(system.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_home, "data")));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_its_owner()
    {
        using var listener = new TcpListener(IPAddress.Loopback, _port);
        listener.Start();
        using var system = Start([]);
        Assert.Equal(1, await system.ExitAsync());
        var line = Assert.Single(system.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"port {_port} is taken by", line, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_is_named()
    {
        var file = Path.Combine(_home, "file");
        await File.WriteAllTextAsync(file, "", Token);
        using var system = Start([], home: Path.Combine(file, "below"));
        Assert.Equal(1, await system.ExitAsync());
        Assert.Contains("--data FOLDER", Assert.Single(system.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    /// <summary>The servers that this machine has already, so that a test need not install them again.</summary>
    private async Task UseInstalledServersAsync()
    {
        var home = ServerHome.FromEnvironment();
        var locator = new ServerLocator(home, _ => { });
        await locator.FindPostgresAsync(PostgresEdition.Best, Token);
        await locator.FindRedisAsync(Token);
        if (Directory.Exists(home.Servers))
        {
            Directory.CreateSymbolicLink(Path.Combine(_home, "servers"), home.Servers);
        }
    }

    private RunningSystem Start(string[] arguments, Dictionary<string, string>? environment = null, string? home = null) =>
        new(home ?? _home, ["--embedded", "--port", $"{_port}", .. arguments], environment ?? []);

    private async Task<RunningSystem> UpAsync(params string[] arguments)
    {
        var system = Start(arguments);
        await system.SaidAsync("Ctrl+C stops everything");
        return system;
    }

    private string IngestorUrl()
    {
        var ingestor = Assert.Single(Ours(), process => process.CommandLine.Contains("Wyckoff.Ingestor.dll", StringComparison.Ordinal) && !process.CommandLine.Contains("leash", StringComparison.Ordinal));
        const string url = "ASPNETCORE_URLS=";
        return Assert.Single(File.ReadAllText($"/proc/{ingestor.Pid}/environ").Split('\0'), variable => variable.StartsWith(url, StringComparison.Ordinal))[url.Length..];
    }

    /// <summary>A shell that put us into the background has us ignore SIGINT, and what we start inherits that: .NET leaves it so.</summary>
    private static bool InterruptIsIgnored()
    {
        var ignored = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)).Split('\t')[1];
        return (ulong.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << 1)) != 0;
    }

    private IEnumerable<(int Pid, string CommandLine)> Ours()
    {
        foreach (var process in Process.GetProcesses())
        {
            string environment, commandLine;
            try
            {
                commandLine = File.ReadAllText($"/proc/{process.Id}/cmdline").Replace('\0', ' ');
                environment = File.ReadAllText($"/proc/{process.Id}/environ");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            if (environment.Contains("WYCKOFF_HOME=" + _home, StringComparison.Ordinal) && commandLine.Length > 0)
            {
                yield return (process.Id, commandLine);
            }
        }
    }

    private async Task NobodyLeftAsync()
    {
        for (var attempt = 0; Ours().Any(); attempt++)
        {
            Assert.True(attempt < 200, "Left behind: " + string.Join("; ", Ours()));
            await Task.Delay(100, Token);
        }
    }
}
