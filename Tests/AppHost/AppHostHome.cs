using System.Diagnostics;
using System.Globalization;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.AppHost;

/// <summary>
/// The collection of tests that start AppHosts. They run one at a time, because an AppHost needs much memory and fixed ports.
/// </summary>
[CollectionDefinition(nameof(AppHostCollection))]
public sealed class AppHostCollection : ICollectionFixture<RunningAppHost>;

/// <summary>An empty data home for a test. It uses the servers that are already installed on the machine.</summary>
internal sealed class AppHostHome : IAsyncDisposable
{
    private AppHostHome() => Directory.CreateDirectory(Folder);

    // When the tests run as root, the account of the servers may not be able to enter a folder below /tmp.
    public string Folder { get; } = Path.Combine("/var/tmp", $"wyckoff-apphost-{Environment.ProcessId}-{Guid.NewGuid():N}");

    public ServerHome Home => ServerHome.At(Folder);

    /// <summary>Options for free ports. The default ports may belong to a system that a developer has running.</summary>
    public static string[] Ports() => ["--port", $"{PortOwner.PickFree()}", "--web-port", $"{PortOwner.PickFree()}"];

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

    /// <summary>Returns the processes that use this home. The AppHost passes its environment variable to all processes it starts.</summary>
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

                // Redis overwrites its environment with its title, but has a file of this folder on its command line.
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

    /// <summary>Returns the process of a service or server itself, not of the leash or program that started it.</summary>
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

    public Task NoProcessLeftAsync() =>
        Eventually.HoldsAsync(() => !Processes().Any(), () => "Left behind: " + string.Join("; ", Processes()));

    public async ValueTask DisposeAsync()
    {
        await NoProcessLeftAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static bool IsOf(string service, string commandLine) =>
        service == "cache"
            ? commandLine.Contains("redis", StringComparison.Ordinal)
                && !commandLine.Contains("leash", StringComparison.Ordinal)
                && !commandLine.Contains("Wyckoff.LocalServers", StringComparison.Ordinal)
            : commandLine.TrimEnd().EndsWith($"/Wyckoff.{service}.dll", StringComparison.Ordinal);
}
