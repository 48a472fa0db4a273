using System.Security.Cryptography;
using System.Text;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>
/// The folder of servers, data and passwords. A lock file keeps a second AppHost off the same folder: it would start a second server on
/// the same database.
/// </summary>
internal sealed class DataHome : IDisposable
{
    private readonly FileStream? _lock;

    private DataHome(ServerHome home, FileStream? held) => (Home, _lock) = (home, held);

    public ServerHome Home { get; }

    public string Folder => Home.Folder;

    /// <summary>The suffix that keeps container and volume names of different data folders apart; empty for the default folder.</summary>
    public string Suffix =>
        Folder == ServerHome.Default().Folder
            ? ""
            : "-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Folder)).AsSpan(0, 4));

    /// <summary>The file of the first admin key. It is deleted with the data that it opens.</summary>
    public string AdminKeyFile => Path.Combine(Home.Data, "admin.key");

    public string PostgresContainer => "wyckoff-postgres" + Suffix;

    public string PostgresVolume => "wyckoff-postgres-data" + Suffix;

    public static DataHome Open(AppHostOptions options)
    {
        var home = options.Data is null ? ServerHome.FromEnvironment() : ServerHome.At(options.Data);
        if (options.IsPublishing)
        {
            return new(home, null); // Publishing starts no servers and writes no data, so it needs no lock.
        }

        var held = Hold(home);
        try
        {
            foreach (var (option, port) in new[] { ("--port", options.Port), ("--web-port", options.WebPort) })
            {
                if (!PortOwner.IsFree(port))
                {
                    throw new AppHostException($"{PortOwner.Describe(port)}: stop it, or choose another port with {option}.");
                }
            }

            var opened = new DataHome(home, held);
            if (options.Fresh)
            {
                opened.Wipe(options);
            }

            return opened;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads or creates a password file. It lies beside the data, because a cluster or volume keeps the password it was created with.
    /// </summary>
    public string Password(string name) => PrivateFile.ReadOrCreatePassword(Home.PasswordFile(name));

    /// <summary>True if a server has data but no password file. A new password would not match the one stored in the data.</summary>
    public bool HasLostPassword(string server) =>
        Directory.Exists(Path.Combine(Home.Data, server)) && !File.Exists(Home.PasswordFile(server));

    public Task<int> PortAsync(string server, int first, CancellationToken cancellationToken) =>
        KeptPort.ChooseAsync(Path.Combine(Home.Data, server + ".port"), first, Console.WriteLine, cancellationToken);

    public void Dispose() => _lock?.Dispose();

    private static FileStream Hold(ServerHome home)
    {
        const string other = "choose another folder with --data FOLDER.";
        try
        {
            Directory.CreateDirectory(home.Folder);
            if (PrivateFile.TryLock(Path.Combine(home.Folder, "apphost.lock")) is { } held)
            {
                return held;
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new AppHostException($"The data folder {home.Folder} cannot be used: {e.Message} Fix that, or {other}");
        }

        var who = RunningFile.Read(home) is { } running ? $" (process {running["APPHOST_PID"]}, {running["API_URL"]})" : "";
        throw new AppHostException($"Wyckoff is already running on {home.Folder}{who}: stop it, or {other}");
    }

    private void Wipe(AppHostOptions options)
    {
        var engine = options.Placement is Placement.Local ? null : ContainerEngine.Find();
        var what = engine is null ? Home.Data : $"{Home.Data} and in the volume {PostgresVolume}";
        if (!options.Yes)
        {
            if (Console.IsInputRedirected)
            {
                throw new AppHostException(
                    $"--fresh deletes all data in {what} and cannot ask for confirmation without a terminal: add --yes to confirm."
                );
            }

            Console.Write($"Delete all data in {what}? [y/N] ");
            if (Console.ReadLine()?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
            {
                throw new AppHostException("Nothing was deleted.");
            }
        }

        if (engine is not null)
        {
            ContainerEngine.Remove(engine, PostgresContainer, PostgresVolume);
        }

        if (Directory.Exists(Home.Data))
        {
            Directory.Delete(Home.Data, recursive: true);
        }

        Console.WriteLine($"Deleted all data in {what}");
    }
}
