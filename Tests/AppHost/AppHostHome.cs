using System.Diagnostics;
using System.Globalization;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.AppHost;

/// <summary>AppHosts are heavy and choose fixed ports, so one test at a time starts them.</summary>
[CollectionDefinition(nameof(AppHostCollection))]
public sealed class AppHostCollection : ICollectionFixture<RunningAppHost>;

/// <summary>An empty data home on a machine that has the servers already, so that no test need install them again.</summary>
internal sealed class AppHostHome : IAsyncDisposable
{
    private AppHostHome() => Directory.CreateDirectory(Folder);

    // Not below /tmp: the account that runs PostgreSQL for root must be able to enter.
    public string Folder { get; } = Path.Combine("/var/tmp", $"wyckoff-apphost-{Environment.ProcessId}-{Guid.NewGuid():N}");

    public ServerHome Home => ServerHome.At(Folder);

    public static async Task<AppHostHome> CreateAsync()
    {
        var installed = ServerHome.FromEnvironment();
        var locator = new ServerLocator(installed, _ => { });
        await locator.FindPostgresAsync(PostgresEdition.Best, CancellationToken.None);
        await locator.FindRedisAsync(CancellationToken.None);
        var home = new AppHostHome();
        if (Directory.Exists(installed.Servers))
        {
            Directory.CreateSymbolicLink(Path.Combine(home.Folder, "servers"), installed.Servers);
        }

        return home;
    }

    /// <summary>What runs on this home. The AppHost passes the variable on to everything that it starts.</summary>
    public IEnumerable<(int Pid, string CommandLine)> Processes()
    {
        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                string environment,
                    commandLine;
                try
                {
                    commandLine = File.ReadAllText($"/proc/{process.Id}/cmdline").Replace('\0', ' ');
                    environment = File.ReadAllText($"/proc/{process.Id}/environ");
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    continue;
                }

                // Redis writes its title over its environment, and names a file of this folder on its command line.
                if (
                    commandLine.Length > 0
                    && (
                        environment.Contains($"{ServerHome.Variable}={Folder}\0", StringComparison.Ordinal)
                        || commandLine.Contains(Folder + "/data/", StringComparison.Ordinal)
                    )
                )
                {
                    yield return (process.Id, commandLine);
                }
            }
        }
    }

    /// <summary>The process that does the work of a service or server: not the leash, nor `dotnet run`, which look after it.</summary>
    public int ProcessOf(string service) =>
        service == "postgres"
            ? int.Parse(File.ReadLines(Path.Combine(Home.Data, "postgres", "postmaster.pid")).First(), CultureInfo.InvariantCulture)
            : Assert.Single(Processes(), process => IsOf(service, process.CommandLine)).Pid;

    public bool Runs(string service) =>
        service == "postgres"
            ? File.Exists(Path.Combine(Home.Data, "postgres", "postmaster.pid"))
            : Processes().Any(process => IsOf(service, process.CommandLine));

    public void Kill(string service)
    {
        using var process = Process.GetProcessById(ProcessOf(service));
        process.Kill();
    }

    public Task NobodyLeftAsync() =>
        Eventually.HoldsAsync(() => !Processes().Any(), () => "Left behind: " + string.Join("; ", Processes()));

    public async ValueTask DisposeAsync()
    {
        await NobodyLeftAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static bool IsOf(string service, string commandLine) =>
        service == "cache"
            ? commandLine.Contains("redis", StringComparison.Ordinal)
                && !commandLine.Contains("leash", StringComparison.Ordinal)
                && !commandLine.Contains("Wyckoff.LocalServers", StringComparison.Ordinal)
            : commandLine.TrimEnd().EndsWith($"/Wyckoff.{service}.dll", StringComparison.Ordinal);
}
